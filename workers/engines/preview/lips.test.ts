/** Talking faces without a GPU: a video as long as the sound whose drawn mouth follows it, marked PREVIEW. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { silentLog } from "../../../core/log.ts";
import type { LipsRequest } from "../../../core/ports/video.ts";
import { createFaceFinder } from "../../faces/finder.ts";
import { framesOf } from "../../faces/frames.ts";
import { createFfmpeg, probe } from "../../ffmpeg/index.ts";
import { writeWav } from "../../sound/index.ts";
import { type TestRun, testRun } from "../testing/run.ts";
import { createPreviewLips } from "./lips.ts";
import { mouths, script } from "./lips-mouth.ts";
import { facePlace } from "./lips-place.ts";

// faces are looked for and videos encoded: on two busy cores that takes its time
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const ffmpeg = createFfmpeg({ log: silentLog });
const faces = createFaceFinder();
const lips = createPreviewLips({ ffmpeg, faces });
const signal = new AbortController().signal;
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "preview-lips-"));
});
afterAll(async () => {
  await faces.close();
  await rm(folder, { recursive: true, force: true });
});

const people = join(dirname(createRequire(import.meta.url).resolve("@vladmandic/face-api/package.json")), "demo", "sample1.jpg");
/** Cut around one woman; her mouth is in the middle, a little below. */
const portrait = () => sharp(people).extract({ left: 1300, top: 60, width: 620, height: 560 }).png().toBuffer();
const blank = () =>
  sharp({ create: { width: 400, height: 500, channels: 3, background: "#3a6" } })
    .png()
    .toBuffer();

/** Half of it is silent. */
function sound(seconds: number): Uint8Array {
  const samples = new Float32Array(seconds * 16_000);
  for (let at = 0; at < samples.length / 2; at++) samples[at] = 0.5 * Math.sin((at / 16_000) * 6.283 * 200);
  return writeWav({ sampleRate: 16_000, samples });
}

const request = (more: Partial<LipsRequest> = {}): LipsRequest => ({
  ...{ face: "art_face", who: 0, sound: "art_sound", faceless: "keep", still: false, seed: 3 },
  ...more,
});

const runOf = (face: Uint8Array, wav: Uint8Array, mediaType = "image/png"): TestRun =>
  testRun({
    ...{ tool: "lip_sync", input: { seed: 3 } },
    files: {
      art_face: { bytes: face, artifact: { name: "anna.png", mediaType } },
      art_sound: { bytes: wav, artifact: { name: "hello.wav", mediaType: "audio/wav" } },
    },
  });

/** Frames of what was saved, five a second. */
async function framesIn(run: TestRun): Promise<{ path: string; frames: Buffer[] }> {
  const path = join(folder, `${Math.random()}.mp4`);
  await writeFile(path, run.saved[0]?.bytes ?? "");
  return { path, frames: await framesOf(ffmpeg, path, { step: 0.2, until: 60, signal }) };
}

/** How much two frames differ in a part, 0 to 255. */
async function differ(one: Buffer, other: Buffer, part: { left: number; top: number; width: number; height: number }): Promise<number> {
  const [a, b] = await Promise.all([one, other].map((frame) => sharp(frame).extract(part).raw().toBuffer()));
  if (!a || !b) return 0;
  return a.reduce((sum, value, at) => sum + Math.abs(value - (b[at] ?? 0)), 0) / a.length;
}

describe("a picture", () => {
  it("speaks as long as the sound: the mouth moves while there is some, and the rest stands still", async () => {
    const run = runOf(await portrait(), sound(2));
    await lips.sync(request(), run);
    const { path, frames } = await framesIn(run);
    const found = await probe(path);
    expect(found).toMatchObject({ video: { codec: "avc", width: 620, height: 560, fps: 25 }, audio: { codec: "aac" } });
    expect(Math.abs(found.seconds - 2)).toBeLessThan(0.1);
    const [loud, silent, still] = [frames[3], frames[9], frames[8]] as [Buffer, Buffer, Buffer];
    // her mouth, by the photo
    const mouth = { left: 210, top: 300, width: 120, height: 80 };
    expect(await differ(loud, silent, mouth)).toBeGreaterThan(5);
    expect(await differ(silent, still, mouth)).toBeLessThan(2);
    expect(await differ(loud, silent, { left: 400, top: 400, width: 150, height: 100 })).toBeLessThan(2);
  });

  it("says PREVIEW, in the picture and in the recipe, and is nobody's model's work", async () => {
    const run = runOf(await blank(), sound(1));
    await lips.sync(request(), run);
    expect(run.saved[0]).toMatchObject({
      name: "anna-talking-3.mp4",
      recipe: { preview: true, generated: false, engine: { id: "preview" } },
    });
    const { frames } = await framesIn(run);
    const { data } = await sharp(frames[0] as Buffer)
      .extract({ left: 100, top: 8, width: 200, height: 40 })
      .greyscale()
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(data.filter((value) => value > 220).length).toBeGreaterThan(200);
    const { notes } = await lips.plan(
      request({ sound: "stage:voice", face: "stage:picture" }),
      {
        face: { id: "stage:picture", name: "x.png", mediaType: "image/png", preview: true },
        sound: { id: "stage:voice", name: "x.mp3", mediaType: "audio/mpeg", seconds: 4, preview: true },
      },
      async () => Promise.reject(new Error("not there yet")),
    );
    expect(notes.join()).toMatch(/stand-in.*PREVIEW.*GPU_HOST_URL/);
  });

  it("without a face gets one drawn, and with several one must be chosen", async () => {
    const without = runOf(await blank(), sound(1));
    await lips.sync(request(), without);
    expect(without.saved).toHaveLength(1);
    const three = await sharp(people).png().toBuffer();
    await expect(lips.sync(request(), runOf(three, sound(1)))).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("shows 3 faces"),
    });
    const chosen = runOf(three, sound(1));
    await lips.sync(request({ who: 3 }), chosen);
    expect(chosen.saved).toHaveLength(1);
  });

  it("has a plan that looks at what is there already", async () => {
    const files: Record<string, Uint8Array> = { art_face: await sharp(people).png().toBuffer(), art_sound: sound(1) };
    const sources = {
      face: { id: "art_face", name: "anna.png", mediaType: "image/png", width: 1920, height: 1280, preview: false },
      sound: { id: "art_sound", name: "hello.wav", mediaType: "audio/wav", preview: false },
    };
    const open = async (id: string) => files[id] ?? new Uint8Array();
    await expect(lips.plan(request(), sources, open)).rejects.toMatchObject({ code: "invalid_input" });
    expect(await lips.plan(request({ who: 1 }), sources, open)).toMatchObject({
      family: "preview",
      vramGb: 0,
      seconds: 1,
      width: 960,
      height: 640,
    });
  });
});

describe("a video", () => {
  it("begins again where it is shorter than the sound, and speaks with the sound alone", async () => {
    await writeFile(join(folder, "in.png"), await portrait());
    const input = ["-loop", "1", "-framerate", "25", "-i", "in.png", "-t", "1", "-pix_fmt", "yuv420p"];
    await ffmpeg.run([...input, "-c:v", "libx264", "-preset", "ultrafast", "in.mp4"], { cwd: folder, signal });
    const run = runOf(await readFile(join(folder, "in.mp4")), sound(2), "video/mp4");
    await lips.sync(request(), run);
    const { path, frames } = await framesIn(run);
    const found = await probe(path);
    expect(Math.abs(found.seconds - 2)).toBeLessThan(0.1);
    expect(await differ(frames[3] as Buffer, frames[9] as Buffer, { left: 210, top: 300, width: 120, height: 80 })).toBeGreaterThan(5);
  });
});

describe("the mouth", () => {
  it("opens with the loudness, relative to what is loud there, and closes in silence", () => {
    const samples = new Float32Array(16_000);
    for (let at = 4000; at < 8000; at++) samples[at] = 0.02 * Math.sin(at / 4);
    const frames = script({ sampleRate: 16_000, samples }, 25);
    expect(frames).toHaveLength(25);
    expect([frames[0], frames[9], frames[24]]).toEqual([0, mouths - 1, 0]);
  });

  it("follows a face that moves, is hidden where there is none, and does not tremble", () => {
    const face = (x: number) => ({ x, y: 100, width: 100, height: 100, score: 1 });
    const moving = facePlace({ places: [face(0), face(100), undefined, face(100)], step: 1 });
    expect(moving.x).toMatch(/^gte\(t,0\)\*lt\(t,1\)\*\(/);
    expect(moving.shown).toBe("not(between(t,1.500,2.500))");
    expect(facePlace({ places: [face(10), face(11), face(9)], step: 1 }).x).toMatch(/^\d+$/);
  });
});
