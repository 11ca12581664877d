/**
 * `npm run e2e:openwebui`: a real Open WebUI with our function in it, used by two people who are no administrators. A part of a scene's name as argument
 * runs that one alone, `--ci` leaves out the long ones.
 */
import { createChecks } from "../harness/checks.ts";
import { build } from "../harness/product.ts";
import {
  aClosedTabIsFound,
  aLateResultIsSeen,
  anAttachmentIsSeen,
  aPictureIsSeen,
  aSecondUserSeesNothing,
  aStopIsSeen,
  flagsAreTyped,
} from "./browser.ts";
import { byHand } from "./by-hand.ts";
import { aClipPlays } from "./clip.ts";
import { aClosedTab, aLateResult, anAttachment, aPicture, aStop, isolation } from "./daily.ts";
import { installer } from "./installer.ts";
import { mediaPlay } from "./media.ts";
import { mediaTools } from "./media-tools.ts";
import { networkAway } from "./network-away.ts";
import { emptyShots, photograph } from "./page.ts";
import { questions } from "./questions.ts";
import { bothEnd, openWebUiEnds, studioEnds } from "./restarts.ts";
import { restartRuns } from "./runs.ts";
import { makeStage, type Stage } from "./scene.ts";

type Scene = [what: string, play: (stage: Stage) => Promise<void>, when?: "by hand"];

const scenes: Scene[] = [
  ["A sentence, its picture, a reload, `upscale that`, Regenerate", aPicture],
  ["An attached picture", anAttachment],
  ["The tab is closed in mid-job", aClosedTab],
  ["Stop", aStop],
  ["A late result", aLateResult],
  ["A second user", isolation],
  ["In Chromium: a picture, Regenerate", aPictureIsSeen],
  ["In Chromium: an attached picture", anAttachmentIsSeen],
  ["In Chromium: the tab is closed in mid-job", aClosedTabIsFound],
  ["In Chromium: Stop", aStopIsSeen],
  ["In Chromium: a late result", aLateResultIsSeen],
  ["In Chromium: video, sound and a file", mediaPlay],
  ["In Chromium: a clip and a voice", aClipPlays],
  ["Voices, videos and faces through the pipe", mediaTools],
  ["In Chromium: flags of a slash command", flagsAreTyped],
  ["In Chromium: questions before work that needs a yes", questions],
  ["In Chromium: a second user", aSecondUserSeesNothing],
  ["kill -9 of Open WebUI with three jobs", (stage) => openWebUiEnds(stage, "SIGKILL")],
  ["SIGTERM of Open WebUI with three jobs", (stage) => openWebUiEnds(stage, "SIGTERM")],
  ["kill -9 of our server with three jobs", (stage) => studioEnds(stage, "SIGKILL")],
  ["SIGTERM of our server with three jobs", (stage) => studioEnds(stage, "SIGTERM")],
  ["kill -9 of both with three jobs", bothEnd, "by hand"],
  ["No network in mid-turn, connections broken", (stage) => networkAway(stage, "reset", 600), "by hand"],
  ["No network in mid-turn, connections silent", (stage) => networkAway(stage, "silence", 600), "by hand"],
  ["No network before late results", (stage) => networkAway(stage, "reset", 1), "by hand"],
  ["The installer", installer],
  ["In Chromium: installed by hand", byHand],
];

if (!process.env["E2E_NO_BUILD"]) build();
if (process.argv.includes("--restarts")) process.exit(await restartRuns(process.argv.slice(2)));
const checks = createChecks();
const [only] = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const short = process.argv.includes("--ci");
let stage: Stage | undefined;
await checks.scene("Set up", async () => {
  stage = await makeStage(checks);
});
if (stage) {
  const set = stage;
  if (!only) await emptyShots();
  for (const [what, play, when] of scenes) {
    if ((only && !what.includes(only)) || (short && when === "by hand")) continue;
    const before = checks.failed;
    await checks.scene(what, () => play(set));
    if (checks.failed > before) await photograph(set, what);
  }
  for (const line of set.web.log
    .split("\n")
    .filter((text) => /ERROR|Traceback/.test(text))
    .slice(0, 20))
    checks.note(line.slice(0, 300));
  await set.end();
}
process.exit(checks.end());
