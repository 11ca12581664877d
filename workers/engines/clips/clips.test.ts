import { mkdtempSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Artifact, Recipe } from "../../../core/artifact.ts";
import type { Failure } from "../../../core/failure.ts";
import { silentLog } from "../../../core/log.ts";
import type { ClipRequest } from "../../../core/ports/video.ts";
import { createFfmpeg, probe } from "../../ffmpeg/index.ts";
import { makeVideo, testFfmpeg } from "../../ffmpeg/testing/media.ts";
import { writeWav } from "../../sound/index.ts";
import { melody } from "../../sound/testing/sounds.ts";
import { testRun } from "../testing/run.ts";
import { createClips } from "./clips.ts";

const folder = mkdtempSync(join(tmpdir(), "clips-test-"));
afterAll(() => rmSync(folder, { recursive: true }));
const clips = createClips({ ffmpeg: testFfmpeg, scratch: folder });
const never = new AbortController().signal;

const recipe = (more: Partial<Recipe>): Recipe => ({
  tool: "t",
  input: {},
  engine: { id: "e", version: "1" },
  preview: false,
  generated: false,
  ...more,
});
const wav = (seconds: number) => ({ bytes: writeWav(melody(seconds)), artifact: { name: "speech.wav", mediaType: "audio/wav" } });
const video = async (name: string, more: Parameters<typeof makeVideo>[2] = {}, artifact: Partial<Artifact> = {}) => ({
  bytes: await readFile(await makeVideo(folder, name, more)),
  artifact: { name, mediaType: "video/mp4", ...artifact },
});
const png = (width: number, height: number, colour = "navy") =>
  sharp({ create: { width, height, channels: 3, background: colour } })
    .png()
    .toBuffer();

type Files = NonNullable<Parameters<typeof testRun>[0]>["files"];
async function make(files: Files, request: Partial<ClipRequest> = {}) {
  const run = testRun({ tool: "make_clip", files: files ?? {} });
  const sound = files && "sound" in files ? { sound: "sound" } : {};
  await clips.clip.join({ picture: "picture", seconds: 2, ...sound, ...request }, run);
  const saved = run.saved[0];
  if (!saved) throw new Error("nothing was saved");
  const path = join(folder, "made.mp4");
  await writeFile(path, saved.bytes);
  return { saved, run, path, found: await probe(path) };
}

/** One frame as grey pixels of a part. */
async function brightness(path: string, at: number, area: { left: number; top: number; width: number; height: number }): Promise<number> {
  await testFfmpeg.run(["-ss", String(at), "-i", path, "-frames:v", "1", "-f", "image2", "frame.png"], { cwd: folder, signal: never });
  const part = await sharp(join(folder, "frame.png")).extract(area).greyscale().raw().toBuffer();
  return Math.max(...part);
}
const failure = (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: Failure) => error,
  );

describe("a clip", { timeout: 120_000 }, () => {
  let photo: Buffer;
  beforeAll(async () => {
    photo = await png(641, 361);
  });

  it("of a picture and speech is H.264 and AAC, the index first, and exactly as long as was asked", async () => {
    const { saved, found, run } = await make({ picture: { bytes: photo }, sound: wav(1.5) }, { seconds: 2.04 });
    expect(found.video).toEqual({ codec: "avc", width: 642, height: 362, fps: 25, frames: 51 });
    expect(found.audio).toMatchObject({ codec: "aac", sampleRate: 48000 });
    expect(Math.abs(found.seconds - 2.04)).toBeLessThanOrEqual(0.04);
    expect(saved.bytes.indexOf("moov")).toBeLessThan(saved.bytes.indexOf("mdat"));
    expect(saved).toMatchObject({
      mediaType: "video/mp4",
      name: "photo-clip.mp4",
      recipe: { engine: { id: "clips" }, preview: false, generated: false },
    });
    const fractions = run.reported.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(run.reported.map(({ stage }) => stage)).toEqual(expect.arrayContaining(["joining", "encoding", "storing"]));
  });

  it.each([
    ["shorter than the clip stands still at its end", 1, 3],
    ["longer than the clip is cut", 3, 1.2],
  ])("of a video %s", async (_, length, seconds) => {
    const { found } = await make({ picture: await video("v.mp4", { seconds: length, fps: 24 }) }, { seconds });
    expect(found.video).toMatchObject({ width: 160, height: 120, fps: 24, frames: Math.round(seconds * 24) });
    expect(found.audio).toBeUndefined();
  });

  it("keeps a video's own sound where there is no speech, and takes the speech where there is", async () => {
    const mute = await make({ picture: await video("v.mp4", { seconds: 2, sound: true }) });
    expect(mute.found.audio).toBeDefined();
    const both = await make({ picture: await video("v.mp4", { seconds: 2, sound: true }), sound: wav(5) });
    expect(both.found.seconds).toBeCloseTo(2, 1);
  });

  it("of a video with oblong pixels and an odd size looks as it is shown", async () => {
    const picture = await video("sar.mp4", { width: 121, height: 97, args: ["-pix_fmt", "yuv444p", "-vf", "setsar=4/3"] });
    const { found } = await make({ picture }, { seconds: 1 });
    expect([found.video?.width, found.video?.height]).toEqual([162, 98]);
  });

  it("has captions burned in while they are said, and as a text track with its language", async () => {
    const text = "The first sentence is said now. <b>The second</b> one comes {later} & ends it.";
    const { saved, path } = await make({ picture: { bytes: photo }, sound: wav(4) }, { seconds: 5, captions: { text, language: "de" } });
    const strip = { left: 0, top: 250, width: 642, height: 112 };
    expect(await brightness(path, 0.5, strip)).toBeGreaterThan(200);
    expect(await brightness(path, 3, strip)).toBeGreaterThan(200);
    // behind the speech nothing is said
    expect(await brightness(path, 4.6, strip)).toBeLessThan(80);
    for (const words of ["The first sentence is said now.", "<b>The second</b> one", "(later)", "& ends"])
      expect(saved.bytes.includes(words)).toBe(true);
    await testFfmpeg.run(["-i", path, "-map", "0:s:0", "-f", "webvtt", "track.vtt"], { cwd: folder, signal: never });
    const track = await readFile(join(folder, "track.vtt"), "utf8");
    expect(track.match(/-->/g)).toHaveLength(2);
    expect(track).toContain("--> 00:04.000");
    expect(saved.recipe.details).toMatchObject({ captions: "burned in and track" });
  });

  it("of words that the font cannot draw has them as a track alone, and says so", async () => {
    const { saved, run } = await make(
      { picture: { bytes: photo }, sound: wav(2) },
      { captions: { text: "你好，这是一个视频。", language: "zh" } },
    );
    expect(saved.recipe.details).toMatchObject({ captions: "track" });
    expect(run.reported.some(({ note }) => note?.includes("only as a track"))).toBe(true);
  });

  it("of a preview says PREVIEW in a corner and in its recipe; of what a model made it is generated", async () => {
    const corner = { left: 0, top: 0, width: 120, height: 40 };
    const plain = await make({ picture: { bytes: photo }, sound: wav(1) });
    expect(await brightness(plain.path, 0.5, corner)).toBeLessThan(80);
    const { path, saved } = await make({
      picture: { bytes: photo },
      sound: { ...wav(1), artifact: { ...wav(1).artifact, recipe: recipe({ preview: true }) } },
    });
    expect(await brightness(path, 0.5, corner)).toBeGreaterThan(200);
    expect(saved.recipe).toMatchObject({ preview: true, generated: false });
    const made = await make({ picture: { bytes: photo, artifact: { recipe: recipe({ generated: true }) } } });
    expect(made.saved.recipe).toMatchObject({ preview: false, generated: true });
  });

  it("is refused with the name of what is broken, cut short or lacks what it is for", async () => {
    const whole = await video("whole.mp4", { seconds: 2 });
    const cut = { ...whole, bytes: whole.bytes.subarray(0, whole.bytes.length / 2) };
    const noIndex = await failure(make({ picture: cut }));
    expect(noIndex).toMatchObject({ code: "unsupported_media", message: expect.stringContaining("whole.mp4") });
    expect(noIndex.message).toContain("index");
    const mute = await failure(make({ picture: { bytes: photo }, sound: whole }));
    expect(mute.message).toContain("whole.mp4 has no sound");
    const notPicture = await failure(make({ picture: { bytes: Buffer.from("no"), artifact: { name: "x.png" } } }));
    expect(notPicture.code).toBe("unsupported_media");
    for (const error of [noIndex, mute, notPicture]) expect(error.message).not.toContain(folder);
  });

  it("ends at once when it is canceled, and leaves nothing behind", async () => {
    const run = testRun({
      files: { picture: { bytes: await png(1920, 1080) } },
      onProgress: ({ stage }, own) => stage === "encoding" && own.abort(),
    });
    await expect(clips.clip.join({ picture: "picture", seconds: 300 }, run)).rejects.toMatchObject({ code: "canceled" });
    expect(run.saved).toEqual([]);
    const { readdir } = await import("node:fs/promises");
    expect((await readdir(folder)).filter((name) => name.startsWith("myspinbot-"))).toEqual([]);
  });

  it("is planned even, within 1920 pixels for a picture, and refused beyond its limits with the numbers", async () => {
    const source = { id: "a", name: "a.png", mediaType: "image/png", preview: false };
    expect(await clips.clip.plan({ picture: "a", seconds: 3 }, { picture: { ...source, width: 4001, height: 3001 } })).toEqual({
      ...{ family: "clips", vramGb: 0, width: 1920, height: 1440 },
    });
    const long = await failure(clips.clip.plan({ picture: "a", seconds: 601 }, { picture: source }));
    expect(long.message).toContain("0.2 to 600 s");
    const mute = { ...source, name: "m.mp4", mediaType: "video/mp4", sound: false };
    expect((await failure(clips.clip.plan({ picture: "a", seconds: 3, sound: "m" }, { picture: source, sound: mute }))).message).toContain(
      "without sound",
    );
    expect((await failure(clips.clip.plan({ picture: "a", seconds: 3 }, { picture: { ...source, mediaType: "audio/wav" } }))).code).toBe(
      "invalid_input",
    );
  });

  it("is made by the packaged ffmpeg of 2018 as well", async () => {
    const { createRequire } = await import("node:module");
    const { path } = createRequire(import.meta.url)("@ffmpeg-installer/ffmpeg") as { path: string };
    const old = createClips({ ffmpeg: createFfmpeg({ path, log: silentLog }), scratch: folder });
    const run = testRun({ files: { picture: await video("v.mp4", { seconds: 1 }, { recipe: recipe({ preview: true }) }), sound: wav(2) } });
    await old.clip.join({ picture: "picture", sound: "sound", seconds: 2.5, captions: { text: "One. Two.", language: "en" } }, run);
    await writeFile(join(folder, "old.mp4"), run.saved[0]?.bytes ?? "");
    expect(await probe(join(folder, "old.mp4"))).toMatchObject({ video: { frames: 63, fps: 25 }, audio: { codec: "aac" } });
  });

  it("cannot be had where there is no ffmpeg, and says what brings it", async () => {
    const status = await createClips({ ffmpeg: createFfmpeg({ path: "/nowhere/ffmpeg", log: silentLog }) }).status();
    expect(status).toMatchObject({ state: "absent", fix: expect.stringContaining("apt install ffmpeg") });
    expect((await clips.status()).state).toBe("ready");
  });
});
