import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../core/log.ts";
import { withFolder } from "./folder.ts";
import { sweepLeft } from "./left.ts";
import { testFfmpeg } from "./testing/media.ts";

const started: ChildProcess[] = [];
let parent: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "left-"));
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  await rm(parent, { recursive: true, force: true });
});

async function folder(name: string): Promise<string> {
  const path = join(parent, name);
  await mkdir(path);
  await writeFile(join(path, "half.mp4"), "half");
  return path;
}

async function start(program: string, args: readonly string[], cwd: string): Promise<ChildProcess> {
  const child = spawn(program, args, { cwd, stdio: "ignore", detached: true });
  started.push(child);
  await new Promise((resolve, reject) => child.once("spawn", () => resolve(undefined)).once("error", reject));
  return child;
}
const endless = ["-re", "-f", "lavfi", "-i", "testsrc=s=32x32", "-t", "600", "-f", "null", "-"];
const ffmpegIn = async (cwd: string) => start((await testFfmpeg.describe()).path, ["-nostdin", "-hide_banner", ...endless], cwd);
const runs = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;

describe("what a killed process left in a folder that is nobody else's", { timeout: 60_000 }, () => {
  it("is removed, and what is gone on with, or was never ours, stays", async () => {
    for (const name of ["myspinbot-work-aB3dE6", "myspinbot-pieces-job_1", "files", "myspinbot-notes", "myspinbot-backup"])
      await folder(name);
    await sweepLeft({ parent, alone: true, log: silentLog });
    expect((await readdir(parent)).sort()).toEqual(["files", "myspinbot-backup", "myspinbot-notes", "myspinbot-pieces-job_1"]);
  });

  it.skipIf(process.platform !== "linux")(
    "is no ffmpeg any more, also where its work is gone on with; others' programs are left alone",
    async () => {
      const [work, pieces, other] = [await folder("myspinbot-work-aB3dE6"), await folder("myspinbot-pieces-job_1"), await folder("other")];
      const ours = [await ffmpegIn(work), await ffmpegIn(pieces)];
      const theirs = [await ffmpegIn(other), await start("sleep", ["600"], pieces)];
      await sweepLeft({ parent, alone: true, log: silentLog });
      await expect.poll(() => ours.map(({ signalCode }) => signalCode)).toEqual(["SIGKILL", "SIGKILL"]);
      expect(theirs.map(runs)).toEqual([true, true]);
    },
  );
});

describe("what lies where others work too", () => {
  const now = Date.now();
  const old = new Date(now - 25 * 3_600_000);

  it("is removed a day after it last changed, and not before", async () => {
    const [dead, young, busy] = [
      await folder("myspinbot-work-dead00"),
      await folder("myspinbot-work-young0"),
      await folder("myspinbot-work-busy00"),
    ];
    for (const path of [join(dead, "half.mp4"), dead, busy, join(young, "half.mp4")]) await utimes(path, old, old);
    await sweepLeft({ parent, alone: false, log: silentLog, now });
    expect((await readdir(parent)).sort()).toEqual(["myspinbot-work-busy00", "myspinbot-work-young0"]);
  });

  it("is known by the name that work is given here", async () => {
    await withFolder(parent, async (path) => {
      await utimes(path, old, old);
      await sweepLeft({ parent, alone: false, log: silentLog, now });
      expect(await readdir(parent)).toEqual([]);
    });
  });

  it("is no reason not to start where it cannot be looked at", async () => {
    await expect(sweepLeft({ parent: join(parent, "none"), alone: true, log: silentLog })).resolves.toBeUndefined();
  });
});
