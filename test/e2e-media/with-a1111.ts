/** A1111 and a gpu-host with F5-TTS and SadTalker, no ComfyUI: what is not there is done on the processor, or named. */
import { setTimeout as sleep } from "node:timers/promises";
import { toFailure } from "../../core/failure.ts";
import type { JsonObject } from "../../core/json.ts";
import { ended } from "./ask.ts";
import type { House } from "./house.ts";
import { consentBy, seen, soundFilm, speech } from "./judge.ts";
import { face, recordings, shortFilm } from "./media.ts";

const f5 = { engine: "gpu-host", family: "gpu-host-voice", program: "f5-tts", notes: /CC-BY-NC/, plays: speech } as const;
const cpu = { engine: "cpu-upscale", family: "cpu-upscale", generated: false, plays: soundFilm } as const;
const clip = { engine: "clips", family: "clips", notes: /CC-BY-NC/, plays: soundFilm } as const;

export async function voices(house: House): Promise<void> {
  const audio = await house.upload("rob.wav", (await recordings()).june);
  const wish = (name: string) => ({
    tool: "clone_voice",
    input: { name, audio, person: "Rob Reed", seed: 7 },
    ...{ words: `clone this voice as ${name}, it is Rob Reed`, attachments: [audio], agrees: /Rob Reed/ },
  });
  await seen(house, "MCP page", wish("rob"), { ...f5, consent: consentBy("voice", "MCP page") });
  await seen(house, "chat", wish("robin"), { ...f5, consent: consentBy("voice", "chat") });
  for (const [way, text] of [
    ["chat", "good evening"],
    ["MCP form", "good night"],
    ["HTTP", "goodbye for now"],
  ] as const)
    await seen(house, way, { tool: "speak", input: { text, voice: "rob" }, words: `say ${text} in rob's voice` }, f5);
}

export async function larger(house: House): Promise<void> {
  const short = await house.upload("short.mp4", await shortFilm());
  const wish = { tool: "upscale_video", input: { video: short, scale: 2 }, words: "upscale this video 2x", attachments: [short] };
  for (const way of ["chat", "HTTP"] as const) await seen(house, way, wish, cpu);
}

export async function clips(house: House): Promise<void> {
  const { checks, product } = house;
  const picture = await house.upload("rob.png", await face());
  const told = { script: "hello everybody", voice: "rob" };
  const speaks = {
    tool: "make_clip",
    input: { ...told, picture, person: "Rob Reed" },
    ...{ words: `make this picture say "hello everybody" in rob's voice`, attachments: [picture], agrees: /face/ },
  };
  for (const way of ["chat", "MCP page"] as const) {
    const made = await seen(house, way, speaks, { ...clip, consent: consentBy("face", way) });
    const { stages = {} } = made;
    checks.check(
      `make_clip, ${way}: a picture that was given speaks by itself`,
      Object.keys(stages).sort().join() === "lips,voice",
      stages,
    );
  }
  const shown = { tool: "make_clip", input: { ...told, prompt: "a wizard", lip_sync: false, motion: 0 }, words: "" };
  const plain = await seen(house, "HTTP", shown, clip);
  const drawn = plain.stages?.["picture"] === undefined ? undefined : await product.client.job(plain.stages["picture"]);
  checks.check("make_clip, HTTP: A1111 drew its picture; nobody's face spoke, so nobody was asked", drawn?.engine === "a1111", drawn);
  house.table.add("make_clip (picture)", "a1111", "HTTP", drawn?.state ?? "none");
}

/** With what gpu-host had loaded by then, more than the card has. */
const sdxl = "sd_xl_base_1.0.safetensors";

/** After faces spoke here. */
export async function givesWay(house: House): Promise<void> {
  const { checks, product, gpuHost, a1111 } = house;
  const run = async (tool: string, input: JsonObject) => {
    const invoked = await product.client.invoke(tool, input);
    return invoked.kind === "job" ? ended(house, invoked.job.id) : undefined;
  };
  await run("speak", { text: "one more line", voice: "rob" });
  checks.check("the model of F5-TTS stays loaded for the next text", (await gpuHost.voices()).length === 1, await gpuHost.voices());
  const drawing = run("render_image", { prompt: "a lighthouse", model: sdxl });
  const beside: number[] = [];
  while ((await Promise.race([drawing, sleep(50, "draws" as const)])) === "draws")
    if (a1111?.tasks().some(({ state }) => state === "running")) beside.push((await gpuHost.voices()).length);
  const drawn = await drawing;
  checks.check("a large model of A1111 draws then", drawn?.state === "succeeded" && drawn.engine === "a1111", drawn?.error ?? drawn);
  checks.check("F5-TTS had left the card before A1111 began", beside.length > 0 && beside.every((models) => models === 0), beside);
}

/** Nothing here takes a film, and nothing real moves a picture. */
export async function lacking(house: House): Promise<void> {
  const { checks, product } = house;
  const [film, sound] = [await house.upload("short.mp4", await shortFilm()), await house.upload("word.wav", (await recordings()).word)];
  const refused = await product.client.invoke("lip_sync", { face: film, audio: sound, person: "nobody" }).then(() => undefined, toFailure);
  checks.check(
    "a film cannot be made to speak without Wav2Lip, and that is said",
    /pictures only/.test(refused?.message ?? ""),
    refused?.view(),
  );
  const mute = await product.client.invoke("speak", { text: "hello" }).then(() => undefined, toFailure);
  checks.check("F5-TTS has no voice of its own: how to get one is said", /clone_voice/.test(mute?.message ?? ""), mute?.view());
}
