/** `npm run e2e:media [-- PART OF A SCENE'S NAME]`: voices, videos, faces and clips on the built product, by every engine that makes them and every way in. */
import { createChecks } from "../harness/checks.ts";
import { gpuHostVenv } from "../harness/gpu-host.ts";
import { build } from "../harness/product.ts";
import { atOnce, handedOver, watchCard } from "./card.ts";
import * as faults from "./faults.ts";
import { type House, makeHouse } from "./house.ts";
import { withoutYes } from "./refusals.ts";
import { missing, tableText } from "./table.ts";
import * as a1111 from "./with-a1111.ts";
import * as comfyui from "./with-comfyui.ts";

type Scene = [what: string, play: (house: House) => Promise<void>];

const withComfyui: Scene[] = [
  ["GPT-SoVITS: voices are cloned and speak", comfyui.voices],
  ["ComfyUI: videos are made and enlarged", comfyui.films],
  ["SadTalker and Wav2Lip: faces speak", comfyui.faces],
  ["A clip by all of them", comfyui.clips],
  ["Without a yes", withoutYes],
  ["Voices, films and faces at once", atOnce],
  ["What ComfyUI, GPT-SoVITS and gpu-host do wrong", faults.withComfyui],
];
const withA1111: Scene[] = [
  ["F5-TTS: voices are cloned and speak", a1111.voices],
  ["The processor: a video is enlarged", a1111.larger],
  ["A clip by F5-TTS, A1111 and SadTalker", a1111.clips],
  ["F5-TTS gives way to A1111", a1111.givesWay],
  ["What is lacking without ComfyUI and Wav2Lip", a1111.lacking],
  ["What A1111 and F5-TTS do wrong", faults.withA1111],
];

if (!process.env["E2E_NO_BUILD"]) build();
const checks = createChecks();
const [only = ""] = process.argv.slice(2);
const venv = await gpuHostVenv();
for (const [drawn, scenes] of [
  ["comfyui", withComfyui],
  ["a1111", withA1111],
] as const) {
  const chosen = scenes.filter(([what]) => what.toLowerCase().includes(only.toLowerCase()));
  if (chosen.length === 0) continue;
  const house = await makeHouse(checks, { venv, drawn });
  const watch = watchCard(house);
  for (const [what, play] of chosen) await checks.scene(what, () => play(house));
  if (!only) await checks.scene("The card is handed over", () => handedOver(house, watch));
  watch.end();
  await checks.scene(`The end of ${drawn}`, () => house.end());
}
if (!only) {
  const left = missing(["clone_voice", "speak", "render_video", "upscale_video", "lip_sync", "make_clip"]);
  checks.check("every tool was seen by the chat, MCP and HTTP", left.length === 0, left);
}
checks.note(`\n${tableText()}`);
process.exit(checks.end());
