/** `npm run e2e:openwebui`: a real Open WebUI with our function in it, used by two people who are no administrators. A part of a scene's name as argument runs that one alone. */
import { createChecks } from "../harness/checks.ts";
import { build } from "../harness/product.ts";
import { aLateResultIsSeen, aPictureIsSeen, mediaPlay } from "./browser.ts";
import { aClosedTab, aLateResult, anAttachment, aPicture, aStop, isolation } from "./daily.ts";
import { installer } from "./installer.ts";
import { bothEnd, openWebUiEnds, randomKills, studioEnds } from "./restarts.ts";
import { makeStage, type Stage } from "./scene.ts";

const scenes: [string, (stage: Stage) => Promise<void>][] = [
  ["A sentence, its picture, a reload, `upscale that`, Regenerate", aPicture],
  ["An attached picture", anAttachment],
  ["The tab is closed in mid-job", aClosedTab],
  ["Stop", aStop],
  ["A late result", aLateResult],
  ["A second user", isolation],
  ["In Chromium: a picture", aPictureIsSeen],
  ["In Chromium: a late result", aLateResultIsSeen],
  ["In Chromium: video, sound and a file", mediaPlay],
  ["kill -9 of Open WebUI with three jobs", (stage) => openWebUiEnds(stage, "SIGKILL")],
  ["SIGTERM of Open WebUI with three jobs", (stage) => openWebUiEnds(stage, "SIGTERM")],
  ["kill -9 of our server with three jobs", (stage) => studioEnds(stage, "SIGKILL")],
  ["SIGTERM of our server with three jobs", (stage) => studioEnds(stage, "SIGTERM")],
  ["kill -9 of both with three jobs", bothEnd],
  ["Open WebUI ends at random moments", randomKills],
  ["The installer", installer],
];

if (!process.env["E2E_NO_BUILD"]) build();
const checks = createChecks();
const only = process.argv[2];
let stage: Stage | undefined;
await checks.scene("Set up", async () => {
  stage = await makeStage(checks);
});
if (stage) {
  const set = stage;
  for (const [what, play] of scenes) if (!only || what.includes(only)) await checks.scene(what, () => play(set));
  for (const line of set.web.log
    .split("\n")
    .filter((text) => /ERROR|Traceback/.test(text))
    .slice(0, 20))
    checks.note(line.slice(0, 300));
  await set.end();
}
process.exit(checks.end());
