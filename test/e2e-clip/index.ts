/** `npm run e2e:clip [-- PART OF A SCENE'S NAME] [--all]`: a clip from one sentence on the built product as it is embedded: made, done again in part, and killed at every stage; `--all`: every process at every stage, at several moments (81 clips, by hand). */
import { parseArgs } from "node:util";
import { createChecks } from "../harness/checks.ts";
import { build } from "../harness/product.ts";
import { killedAtEveryStage } from "./kills.ts";
import { fromOneSentence, refused, spoken, voiceAgain } from "./scenes.ts";
import { makeStage, type Stage } from "./stage.ts";

const { values, positionals } = parseArgs({ options: { all: { type: "boolean", default: false } }, allowPositionals: true });

const scenes: [what: string, play: (stage: Stage) => Promise<void>][] = [
  ["A clip from one sentence", fromOneSentence],
  ["The voice again", voiceAgain],
  ["Spoken in a voice of one's own", spoken],
  ["Without consent, and bad input", refused],
  ["Killed at every stage", (stage) => killedAtEveryStage(stage, values.all)],
];

if (!process.env["E2E_NO_BUILD"]) build();
const checks = createChecks();
const [only = ""] = positionals;
const stage = await makeStage(checks);
for (const [what, play] of scenes) if (what.toLowerCase().includes(only.toLowerCase())) await checks.scene(what, () => play(stage));
await checks.scene("The end", () => stage.end());
process.exit(checks.end());
