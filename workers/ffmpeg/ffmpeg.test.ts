import { spawnSync } from "node:child_process";
import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Failure } from "../../core/failure.ts";
import { silentLog } from "../../core/log.ts";
import { createFfmpeg } from "./ffmpeg.ts";
import { withFolder } from "./folder.ts";
import { makeVideo, testFfmpeg } from "./testing/media.ts";

const never = new AbortController().signal;
const failure = (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: Failure) => error,
  );

/** A program in the place of ffmpeg that answers the questions about itself, and else does what the script says. */
async function fake(folder: string, encoders: string, script = "exit 0"): Promise<string> {
  const path = join(folder, "ffmpeg");
  const about = `ffmpeg version 9.9 x\nconfiguration: --enable-gpl --enable-version3`;
  await writeFile(path, `#!/bin/sh\ncase "$2" in -version) printf '${about}';; -encoders) printf '${encoders}';; *) ${script};; esac\n`);
  await chmod(path, 0o755);
  return path;
}
const full = [" V..... libx264 x", " A..... aac x", " A..... libmp3lame x", " A..... libopus x", " S..... mov_text x"].join("\\n");

describe("ffmpeg", { timeout: 60_000 }, () => {
  it("says which one it is, of which version and under which licence", async () => {
    const about = await testFfmpeg.describe();
    expect(about.version).toMatch(/\d/);
    expect(about.licence).toMatch(/GPL/);
    expect(["path", "package"]).toContain(about.from);
    await withFolder(undefined, async (folder) => {
      const named = createFfmpeg({ path: await fake(folder, full), log: silentLog });
      expect(await named.describe()).toMatchObject({ version: "9.9", from: "setting", licence: "GPL-3.0-or-later" });
    });
  });

  it("refuses the setting's ffmpeg where it lacks an encoder, and names what it lacks and the setting", async () => {
    await withFolder(undefined, async (folder) => {
      const lacking = createFfmpeg({ path: await fake(folder, " V..... libx264 x"), log: silentLog });
      const error = await failure(lacking.describe());
      expect(error.code).toBe("engine_unavailable");
      expect(error.message).toContain("lacks aac, libmp3lame, libopus");
      expect(error.message).toContain("MYSPINBOT_FFMPEG");
      const absent = await failure(createFfmpeg({ path: join(folder, "none"), log: silentLog }).describe());
      expect(absent.code).toBe("engine_unavailable");
      expect(absent.message).not.toContain(folder);
    });
  });

  it("passes over one on the PATH that lacks an encoder, and takes the installed package's", async () => {
    await withFolder(undefined, async (folder) => {
      await fake(folder, " V..... libx264 x");
      const path = process.env["PATH"];
      process.env["PATH"] = `${folder}:${path}`;
      try {
        expect((await createFfmpeg({ log: silentLog }).describe()).from).toBe("package");
      } finally {
        process.env["PATH"] = path;
      }
    });
  });

  it("tells how many seconds are done while it works", async () => {
    await withFolder(undefined, async (folder) => {
      const seen: number[] = [];
      const args = ["-f", "lavfi", "-i", "testsrc=s=64x64:d=3", "-c:v", "libx264", "out.mp4"];
      await testFfmpeg.run(args, { cwd: folder, signal: never, onSeconds: (seconds) => seen.push(seconds) });
      expect(seen.at(-1)).toBeGreaterThan(2.5);
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
    });
  });

  it("is killed with its children when it is aborted, and only then is that told", async () => {
    await withFolder(undefined, async (folder) => {
      const program = await fake(folder, full, `sleep 600 & echo $! > child; echo $$ > self; wait`);
      const ffmpeg = createFfmpeg({ path: program, log: silentLog });
      const stop = new AbortController();
      const work = failure(ffmpeg.run(["x.mp4"], { cwd: folder, signal: stop.signal }));
      await expect.poll(() => readdir(folder)).toContain("self");
      stop.abort(new Failure("canceled", "by the person"));
      expect((await work).code).toBe("canceled");
      const alive = spawnSync("sh", ["-c", "kill -0 $(cat child) || kill -0 $(cat self)"], { cwd: folder });
      // the child's end is seen by its new parent, a moment later
      await expect.poll(() => spawnSync("sh", ["-c", "kill -0 $(cat self)"], { cwd: folder }).status).not.toBe(0);
      expect([0, 1]).toContain(alive.status);
      await expect
        .poll(
          () => spawnSync("sh", ["-c", "case $(ps -o stat= -p $(cat child)) in ''|Z*) exit 0;; *) exit 1;; esac"], { cwd: folder }).status,
        )
        .toBe(0);
    });
  });

  it("is ended after its seconds, and a file is refused at its bytes, with both numbers", async () => {
    await withFolder(undefined, async (folder) => {
      const slow = createFfmpeg({ path: await fake(folder, full, "sleep 600"), log: silentLog });
      const late = await failure(slow.run(["x.mp4"], { cwd: folder, signal: never, limitSeconds: 0.2 }));
      expect(late.code).toBe("timeout");
      expect(late.message).toContain("0.2 s");
      const args = ["-f", "lavfi", "-i", "anoisesrc=d=60:r=48000", "-c:a", "pcm_s16le", "big.wav"];
      const large = await failure(testFfmpeg.run(args, { cwd: folder, signal: never, limitBytes: 1_000_000 }));
      expect(large.code).toBe("limit_exceeded");
      expect(large.message).toContain("1 MB");
      expect((await stat(join(folder, "big.wav"))).size).toBeLessThan(1_200_000);
    });
  });

  it("fails in plain words, without a path, for a file that is broken or lacks what is asked of it", async () => {
    await withFolder(undefined, async (folder) => {
      await writeFile(join(folder, "in.dat"), Buffer.alloc(5000, 7));
      const broken = await failure(testFfmpeg.run(["-i", "in.dat", "out.mp4"], { cwd: folder, signal: never }));
      expect(broken.code).toBe("engine_failed");
      expect(broken.message).toContain("of a kind that is not taken here");
      expect(broken.message).not.toContain(folder);
      await makeVideo(folder, "mute.mp4");
      const mute = await failure(testFfmpeg.run(["-i", "mute.mp4", "-vn", "out.wav"], { cwd: folder, signal: never }));
      expect(mute.message).toContain("is not in it");
    });
  });

  it.each([
    ["is killed", "kill -9 $$", true],
    ["is killed under a script that runs it", "exit 137", true],
    ["is asked to end, and does", "exit 255", true],
    ["ends with an error", "echo no such filter >&2; exit 255", false],
    ["ends with an error and no word", "exit 1", false],
  ])(
    "that %s fails in words for a person; only where it was ended from outside another attempt may do better",
    async (_, script, again) => {
      await withFolder(undefined, async (folder) => {
        const ffmpeg = createFfmpeg({ path: await fake(folder, full, script), log: silentLog });
        const error = await failure(ffmpeg.run(["x.mp4"], { cwd: folder, signal: never }));
        expect([error.code, error.retryable]).toEqual(["engine_failed", again]);
        expect(error.message).toMatch(again ? /was ended by the system.*retry the job/ : /could not make the file/);
      });
    },
  );

  it("that is killed while it says what it can is asked again", async () => {
    await withFolder(undefined, async (folder) => {
      const path = await fake(folder, full);
      await writeFile(
        path,
        `#!/bin/sh\n[ -e ${folder}/$2 ] || { touch ${folder}/$2; kill -9 $$; }\n${(await readFile(path, "utf8")).slice(10)}`,
      );
      expect(await createFfmpeg({ path, log: silentLog }).describe()).toMatchObject({ version: "9.9", from: "setting" });
    });
  });

  it.each([
    ["a playlist", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nother.wav\n#EXT-X-ENDLIST\n"],
    ["a script", "ffconcat version 1.0\nfile other.wav\n"],
  ])("never opens another file because %s in the guise of a song says so", async (_, words) => {
    await withFolder(undefined, async (folder) => {
      await testFfmpeg.run(["-f", "lavfi", "-i", "sine=d=1", "other.wav"], { cwd: folder, signal: never });
      await writeFile(join(folder, "song.mp3"), words);
      const error = await failure(testFfmpeg.run(["-i", "song.mp3", "out.wav"], { cwd: folder, signal: never }));
      expect(error.code).toBe("engine_failed");
      await expect(stat(join(folder, "out.wav"))).rejects.toThrow();
    });
  });

  it("hears no secret of ours", async () => {
    await withFolder(undefined, async (folder) => {
      process.env["S3_SECRET_KEY"] = "of-the-store";
      const ffmpeg = createFfmpeg({ path: await fake(folder, full, "env > seen"), log: silentLog });
      await ffmpeg.run(["x.mp4"], { cwd: folder, signal: never });
      delete process.env["S3_SECRET_KEY"];
      expect(spawnSync("cat", ["seen"], { cwd: folder }).stdout.toString()).not.toContain("of-the-store");
    });
  });
});
