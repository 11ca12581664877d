/** An engine that answers with a web page, or ends well without a file: it is named, in words, with what to do. */
import type { JsonObject } from "../../core/json.ts";
import type { JobView } from "../../core/view.ts";
import { ended, invokeAgreed } from "./ask.ts";
import type { House } from "./house.ts";
import { face, film, recordings } from "./media.ts";

async function fails(house: House, what: string, tool: string, input: JsonObject, names: RegExp): Promise<JobView> {
  const { checks } = house;
  const job = await ended(house, await invokeAgreed(house, tool, input));
  const { code = "", message = "" } = job.error ?? {};
  checks.check(`${what}: ${tool} fails and names it`, job.state === "failed" && names.test(message), job.error ?? job.state);
  checks.check(`${what}: no path, page or stack is shown`, !/<html|<!doctype|\/tmp\/|\/home\/|Traceback|\n\s+at /i.test(message), [
    code,
    message,
  ]);
  checks.check(`${what}: nothing is left as a result`, job.artifacts.length === 0, job.artifacts);
  return job;
}

/** After the voice `june` was made. */
export async function withComfyui(house: House): Promise<void> {
  const { comfyui, gptSovits, gpuHost } = house;
  const { word } = await recordings();
  const [picture, moving, sound] = [
    await house.upload("june.png", await face()),
    await house.upload("june.mp4", await film(2)),
    await house.upload("word.wav", word),
  ];
  if (!comfyui || !gptSovits) throw new Error("this house has no ComfyUI");
  const animate = { image: picture, seconds: 2 };
  const usual = comfyui.faults.video;
  comfyui.faults.video = Buffer.from("<!doctype html><title>A router</title>");
  await fails(house, "ComfyUI leaves a web page", "render_video", animate, /ComfyUI.*web page/);
  comfyui.faults.video = Buffer.alloc(0);
  await fails(house, "ComfyUI leaves an empty file", "render_video", animate, /ComfyUI.*empty/);
  comfyui.faults.video = usual;
  gptSovits.faults.push("html", "html", "html");
  await fails(house, "GPT-SoVITS answers with a web page", "speak", { text: "hello", voice: "june" }, /GPT-SoVITS/);
  gptSovits.faults.length = 0;
  await gpuHost.fault({ fault: "no_file" });
  await fails(house, "Wav2Lip ends well without a file", "lip_sync", { face: moving, audio: sound, person: "June" }, /Wav2Lip/);
  await gpuHost.fault({ fault: "truncated" });
  await fails(house, "SadTalker leaves half a film", "lip_sync", { face: picture, audio: sound, person: "June" }, /SadTalker/);
  await gpuHost.fault({});
}

/** After the voice `rob` was made. */
export async function withA1111(house: House): Promise<void> {
  const { a1111, gpuHost, checks, product } = house;
  if (!a1111) throw new Error("this house has no A1111");
  await gpuHost.fault({ fault: "silent" });
  await fails(house, "F5-TTS says nothing", "speak", { text: "hello again", voice: "rob" }, /F5-TTS/);
  await gpuHost.fault({});
  a1111.faults.draw.push("garbage", "garbage", "garbage");
  const clip = { script: "hello", voice: "rob", prompt: "a wizard", lip_sync: false, motion: 0 };
  const head = await fails(house, "A1111 answers with something else", "make_clip", clip, /Render: a wizard.*A1111/);
  a1111.faults.draw.length = 0;
  a1111.faults.draw.push("garbage", "garbage", "garbage");
  await house.say("conv-fault", `make a clip of a wizard saying "hello" in rob's voice`);
  const parts = await house.say("conv-fault", "yes");
  const said = JSON.stringify(parts.filter(({ type }) => type === "error" || type === "text" || type === "done"));
  checks.check("in the chat a clip that fails says which engine was to blame", /A1111/.test(said), said);
  a1111.faults.draw.length = 0;
  const drawn = await product.client.job(head.stages?.["picture"] ?? "");
  checks.check(
    "the stage itself names A1111",
    drawn.state === "failed" && /A1111/.test(drawn.error?.message ?? ""),
    drawn.error ?? drawn.state,
  );
}
