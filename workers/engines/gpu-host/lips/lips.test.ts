/** Talking faces: which face speaks, what is refused before the card is taken, and a video with the sound that was given. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Source } from "../../../../core/source.ts";
import { createFaceFinder } from "../../../faces/finder.ts";
import { framesOf } from "../../../faces/frames.ts";
import { probe } from "../../../ffmpeg/index.ts";
import { reasons } from "../../../stop.ts";
import type { TestRun } from "../../testing/run.ts";
import type { FakeOptions } from "../testing/fake-gpu-host.ts";
import { ffmpeg, type Given, lips, lipsRun, one, openerOf, sourcesOf, three, tone, video } from "../testing/media.ts";
import { closeAll, pair as pairOf, until } from "../testing/setup.ts";

// faces are looked for in many frames: on two busy cores that takes its time
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const faces = createFaceFinder();
let folder = "";
let picture: Given;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lips-test-"));
  picture = { face: await one(), sound: tone(1.2) };
});
afterEach(closeAll);
afterAll(async () => {
  await faces.close();
  await rm(folder, { recursive: true, force: true });
});

const both: FakeOptions["others"] = [{ id: "sadtalker" }, { id: "wav2lip" }];
const pair = (options: FakeOptions = {}) => pairOf(options, { ffmpeg, faces });

async function plan(
  given: Given,
  options: FakeOptions = {},
  wish = lips(),
  more: { face?: Partial<Source>; sound?: Partial<Source> } = {},
) {
  const { gpuHost } = await pair(options);
  return gpuHost.lips.plan(wish, sourcesOf(given, more), openerOf(given));
}

/** The saved video on this machine, and colours of a place in it at some times. */
async function looked(run: TestRun) {
  const [saved] = run.saved;
  const path = join(folder, `${run.job.id}-${Math.random()}.mp4`);
  await writeFile(path, saved?.bytes ?? "");
  return {
    found: await probe(path),
    async colours(x: number, y: number, step: number): Promise<string[]> {
      const frames = await framesOf(ffmpeg, path, { step, until: 60, signal: run.signal });
      return Promise.all(
        frames.map(async (frame) => {
          const { data } = await sharp(frame).extract({ left: x, top: y, width: 1, height: 1 }).raw().toBuffer({ resolveWithObject: true });
          const [red = 0, green = 0, blue = 0] = data;
          return red > 180 && green < 90 && blue < 90 ? "red" : "other";
        }),
      );
    },
  };
}

describe("before the card is taken", () => {
  it("a picture with one face is planned: size, length and licence are said", async () => {
    const planned = await plan(picture);
    expect(planned).toMatchObject({ family: "gpu-host-lips", width: 480, height: 434, seconds: expect.closeTo(1.2, 1) });
    expect(planned.notes.join()).toContain("sadtalker: a licence");
  });

  it("of several faces one must be chosen, by its place from the left", async () => {
    const given = { ...picture, face: await three() };
    await expect(plan(given)).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringMatching(/shows 3 faces.*1 is the face on the left, 3 the one on the right/),
    });
    await expect(plan(given, {}, lips({ who: 4 }))).rejects.toMatchObject({ message: expect.stringContaining("must be 1 to 3") });
    expect(await plan(given, {}, lips({ who: 2 }))).toMatchObject({ width: 1920, height: 1280 });
  });

  it("no face, and one that is too small, are refused with what is needed", async () => {
    const empty = await sharp({ create: { width: 400, height: 300, channels: 3, background: "#468" } })
      .png()
      .toBuffer();
    await expect(plan({ ...picture, face: empty })).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringMatching(/No face was found in anna.png.*at least 80 pixels/),
    });
    await expect(plan({ ...picture, face: await one(150) })).rejects.toMatchObject({
      message: expect.stringMatching(/about \d+ pixels wide; at least 80 are needed/),
    });
  });

  it("sound that is silent, too long or none is refused", async () => {
    await expect(plan({ ...picture, sound: tone(1, { silent: true }) })).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("Nothing can be heard in hello.wav"),
    });
    await expect(plan(picture, {}, lips(), { sound: { seconds: 200 } })).rejects.toMatchObject({
      message: expect.stringMatching(/200 seconds long; a face speaks at most 120/),
    });
    await expect(plan({ ...picture, sound: tone(122, { sampleRate: 8000 }) })).rejects.toMatchObject({
      message: expect.stringContaining("at most 120"),
    });
    await expect(plan(picture, {}, lips(), { sound: { mediaType: "video/mp4", sound: false } })).rejects.toMatchObject({
      message: expect.stringContaining("has no sound"),
    });
  });

  it("a video is refused where nothing takes one, and where frames have no face unless those may stay", async () => {
    const given = { sound: tone(1), face: await video(await one(), 2, { from: 0.9, to: 2 }), faceType: "video/mp4" };
    await expect(plan(given)).rejects.toMatchObject({ code: "invalid_input", message: expect.stringContaining("in pictures only") });
    await expect(plan(given, { others: both })).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringMatching(/of 12 frames.*\(\d\d %\) no face/),
    });
    const planned = await plan(given, { others: both }, lips({ faceless: "keep" }));
    expect(planned.notes.join()).toMatch(/In about \d\d % of anna.mp4 no face is seen; those frames stay/);
    await expect(
      plan({ ...given, face: await video(await one(), 1, { from: 0, to: 9 }) }, { others: both }, lips({ faceless: "keep" })),
    ).rejects.toMatchObject({
      message: expect.stringContaining("No face was found in any of the"),
    });
  });

  it("what another stage will make is not looked at, and is when it is there", async () => {
    const { gpuHost } = await pair();
    const wish = lips({ face: "stage:picture", sound: "stage:voice" });
    const sources = sourcesOf(picture, {
      face: { id: "stage:picture", width: 640, height: 480 },
      sound: { id: "stage:voice", seconds: 3 },
    });
    const never = async () => Promise.reject(new Error("it is not there yet"));
    expect(await gpuHost.lips.plan(wish, sources, never)).toMatchObject({ width: 640, height: 480, seconds: 3 });
    await gpuHost.lips.check(wish, lipsRun(picture));
    await expect(gpuHost.lips.check(wish, lipsRun({ ...picture, face: await three() }))).rejects.toMatchObject({
      message: expect.stringContaining("shows 3 faces"),
    });
    await expect(gpuHost.lips.check(wish, lipsRun({ ...picture, sound: tone(1, { silent: true }) }))).rejects.toMatchObject({
      code: "invalid_input",
    });
  });

  it("an engine that is not there or not ready is told with its remedy", async () => {
    await expect(plan(picture, { others: [] })).rejects.toMatchObject({
      code: "engine_unavailable",
      message: expect.stringContaining("gpu-host.toml"),
    });
    await expect(plan(picture, { others: [{ id: "sadtalker", problems: ["Its checkpoints are not there."] }] })).rejects.toMatchObject({
      ...{ code: "engine_unavailable", message: expect.stringContaining("Its checkpoints are not there.") },
    });
  });
});

describe("a picture that speaks", () => {
  it("is a video that browsers play, as long as the sound, with its poster and its recipe", async () => {
    const { fake, gpuHost } = await pair();
    const run = lipsRun(picture);
    await gpuHost.lips.sync(lips({ still: true }), run);
    const { found } = await looked(run);
    expect(found.video).toMatchObject({ codec: "avc", width: 480, height: 434, fps: 25 });
    expect(found.audio).toMatchObject({ codec: "aac", sampleRate: 48_000 });
    expect(Math.abs(found.seconds - 1.2)).toBeLessThan(0.2);
    expect(run.saved[0]).toMatchObject({ name: "anna-talking-7.mp4", mediaType: "video/mp4" });
    expect(run.saved[0]?.recipe).toMatchObject({
      preview: false,
      generated: true,
      engine: { id: "gpu-host", version: "0.1.0, sadtalker 1.0" },
    });
    expect(fake.media()[0]?.asked.params).toMatchObject({ size: 256, still: true, preprocess: "full", pose_style: 7 });
    expect(run.reported.map(({ stage }) => stage)).toContain("lip_sync");
  });

  it("with several people moves the chosen one alone", async () => {
    const { gpuHost } = await pair();
    const given = {
      ...picture,
      face: await sharp(await three())
        .resize(960)
        .png()
        .toBuffer(),
    };
    const run = lipsRun(given);
    await gpuHost.lips.sync(lips({ who: 1 }), run);
    const { found, colours } = await looked(run);
    expect(found.video).toMatchObject({ width: 960, height: 640 });
    // frames are looked at 832 pixels wide: the face on the left, and the one in the middle
    expect(await colours(209, 220, 0.5)).toEqual(["red", "red", "red"]);
    expect(await colours(405, 248, 0.5)).toEqual(["other", "other", "other"]);
  });

  it("says a single word too: the program is given silence behind it, and that is cut off again", async () => {
    const { gpuHost } = await pair();
    const run = lipsRun({ ...picture, sound: tone(0.5) });
    await gpuHost.lips.sync(lips(), run);
    expect(Math.abs((await looked(run)).found.seconds - 0.5)).toBeLessThan(0.15);
  });

  it("takes the larger weights for a large face where they are there", async () => {
    const { fake, gpuHost } = await pair({ others: [{ id: "sadtalker", models: ["256", "512"] }] });
    await gpuHost.lips.sync(lips(), lipsRun({ ...picture, face: await one(900) }));
    expect(fake.media()[0]?.asked.params).toMatchObject({ size: 512 });
  });
});

describe("a video that speaks", () => {
  it("begins again where it is shorter than the sound, and has a face in every frame that is sent", async () => {
    const { fake, gpuHost } = await pair({ others: both });
    const given = { sound: tone(3), face: await video(await one(), 2, { from: 1, to: 1.7 }), faceType: "video/mp4" };
    const run = lipsRun(given);
    await gpuHost.lips.sync(lips({ faceless: "keep" }), run);
    expect(fake.media()[0]?.asked.engine).toBe("wav2lip");
    const { found, colours } = await looked(run);
    expect(Math.abs(found.seconds - 3)).toBeLessThan(0.2);
    // the middle of the face: moved while it is seen, as it was while it is not
    const middle = await colours(240, 200, 0.25);
    expect([middle[2], middle[5], middle[10]]).toEqual(["red", "other", "red"]);
    const sent = join(folder, "sent.mp4");
    await writeFile(sent, fake.state.inputs.get(fake.media()[0]?.asked.params.face ?? "") ?? "");
    for (const frame of await framesOf(ffmpeg, sent, { step: 0.2, until: 3, signal: run.signal }))
      expect(await faces.findFaces(frame, run.signal)).not.toEqual([]);
  });

  it("is refused where frames have no face and those may not stay", async () => {
    const { fake, gpuHost } = await pair({ others: both });
    const given = { sound: tone(2), face: await video(await one(), 2, { from: 1, to: 2 }), faceType: "video/mp4" };
    await expect(gpuHost.lips.sync(lips(), lipsRun(given))).rejects.toMatchObject({ code: "invalid_input" });
    expect(fake.media()).toEqual([]);
  });
});

describe("what goes wrong", () => {
  it.each([
    ["noFace", "invalid_input", "No face was found"],
    ["noMemory", "out_of_memory", "memory ran out"],
    ["noFile", "engine_failed", "without its file"],
    ["noVideo", "engine_failed", "no whole video"],
    ["wrongLength", "engine_failed", "of 0.5 seconds for a sound of 1.2"],
  ] as const)("%s is told, and nothing is saved", async (fault, code, says) => {
    const { fake, gpuHost } = await pair({ faults: { [fault]: true } });
    const run = lipsRun(picture);
    await expect(gpuHost.lips.sync(lips(), run)).rejects.toMatchObject({ code, message: expect.stringContaining(says) });
    expect(run.saved).toEqual([]);
    expect(fake.state.owner()).toBeUndefined();
  });

  it("a dead worker's run is adopted by the next attempt, and a person who cancels leaves nothing", async () => {
    const { fake, gpuHost } = await pair({ faults: { gate: 2 } });
    const first = lipsRun(picture);
    const dead = gpuHost.lips.sync(lips(), first).catch(() => undefined);
    await until("it works", () => fake.media()[0]?.step === 2);
    first.abort(reasons.fenced);
    await dead;
    const second = lipsRun(picture, { attempt: 2, earlierRefs: first.refs });
    const work = gpuHost.lips.sync(lips(), second);
    await until("it was adopted", () => second.refs.length === 1);
    delete fake.faults.gate;
    await work;
    expect([fake.media().length, second.refs, second.saved.length]).toEqual([1, first.refs, 1]);

    fake.faults.gate = 2;
    const third = lipsRun(picture, { attempt: 3, earlierRefs: [] });
    third.job.id = "job_0000000000000002";
    const canceled = gpuHost.lips.sync(lips(), third);
    canceled.catch(() => undefined);
    await until("it works", () => fake.media()[1]?.step === 2);
    third.abort(reasons.canceled);
    await expect(canceled).rejects.toBe(reasons.canceled);
    expect(fake.state.owner()).toBeUndefined();
    expect(fake.media()).toHaveLength(1);
  });

  it("speech that stayed loaded is off the card before a face speaks", async () => {
    const { fake, gpuHost } = await pair({ others: [{ id: "f5-tts" }, { id: "sadtalker" }] });
    fake.state.warm.begin("f5-tts");
    await gpuHost.lips.sync(lips(), lipsRun(picture));
    expect(fake.state.warm.loaded).toBeUndefined();
  });
});
