/** `npm run e2e:training [-- PART OF A SCENE'S NAME]`: a LoRA from a chat on the built product, through the real gpu-host over a protocol-true trainer, and a fake ComfyUI. */
import { createChecks } from "../harness/checks.ts";
import { gpuHostVenv } from "../harness/gpu-host.ts";
import { build } from "../harness/product.ts";
import { fromPhotosToPicture, inOneGo, steered, stoppedBefore } from "./scenes.ts";
import { makeStage, type Stage } from "./stage.ts";

const scenes: [what: string, play: (stage: Stage) => Promise<void>][] = [
  ["From 12 photos to a picture", fromPhotosToPicture],
  ["Train, then draw, in one go", inOneGo],
  ["Stopped before the card is taken", stoppedBefore],
  ["Steered while it trains", steered],
];

if (!process.env["E2E_NO_BUILD"]) build();
const checks = createChecks();
const [only = ""] = process.argv.slice(2);
const stage = await makeStage(checks, await gpuHostVenv());
for (const [what, play] of scenes) if (what.toLowerCase().includes(only.toLowerCase())) await checks.scene(what, () => play(stage));
await checks.scene("The end", () => stage.end());
process.exit(checks.end());
