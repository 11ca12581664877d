import sharp from "sharp";
import { afterEach, describe, expect, it } from "vitest";
import { videoModels } from "../testing/fake-video-nodes.ts";
import { atStep, comfyRun, failureOf } from "../testing/run.ts";
import { adapterFor, closeAll, fakeOf, until } from "../testing/setup.ts";
import { boxes, ffmpeg, motionRequest, picture, probed, videoPair } from "../testing/video.ts";
import { motionGraph, valuesOf } from "./graph.ts";
import { motionKinds } from "./kinds.ts";
import { type MotionTemplate, motionTemplates } from "./templates.ts";

afterEach(closeAll);

const files = async () => ({ art_1: { bytes: await picture(), artifact: { name: "fox.png" } } });
const usual = [
  ["Wan 2.2 5B from a picture", "wan2.2_ti2v_5B_fp16.safetensors", true],
  ["Wan 2.2 5B of words", "wan2.2_ti2v_5B_fp16.safetensors", false],
  ["Wan 2.1 from a picture", "wan2.1_i2v_480p_14B_fp8_e4m3fn.safetensors", true],
  ["Wan 2.1 of words", "wan2.1_t2v_1.3B_fp16.safetensors", false],
  ["both models of Wan 2.2 14B from a picture", "wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors", true],
  ["both models of Wan 2.2 14B of words", "wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors", false],
  ["LTX-Video from a picture", "ltx-video-2b-v0.9.5.safetensors", true],
  ["LTX-Video of words", "ltx-video-2b-v0.9.5.safetensors", false],
  ["Stable Video Diffusion", "svd_xt.safetensors", true],
] as const;

describe.each(["new", "old"] as const)("a video, against the %s dialect", (dialect) => {
  it.each(usual)(
    "is made with %s: an MP4 that plays, its index first, without ComfyUI's graph in it, and a poster",
    async (_what, model, fromPicture) => {
      const { comfyui, fake } = await videoPair({ dialect });
      const run = comfyRun({ tool: "render_video", files: await files() });
      await comfyui.motion.render(motionRequest({ model, ...(fromPicture ? { image: "art_1" } : {}) }), run);
      expect(run.saved).toHaveLength(1);
      const [saved] = run.saved;
      expect(saved).toMatchObject({
        name: "a-red-fox-runs-7.mp4",
        mediaType: "video/mp4",
        recipe: { tool: "render_video", preview: false, generated: true, details: { model } },
      });
      expect(await probed(saved?.bytes ?? Buffer.alloc(0))).toMatchObject({
        video: { codec: "avc", width: 64, height: 64, fps: 8, frames: 9 },
      });
      const order = boxes(saved?.bytes ?? Buffer.alloc(0));
      expect(order.indexOf("moov")).toBeLessThan(order.indexOf("mdat"));
      expect(saved?.bytes.includes("class_type")).toBe(false);
      expect((await sharp(saved?.poster).metadata()).format).toBe("jpeg");
      expect(fake.prompts()).toHaveLength(1);
      const fractions = run.reported.map((report) => report.fraction);
      expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
      expect(run.reported.some(({ stage, step = 0 }) => stage === "sampling" && step > 0)).toBe(true);
    },
  );

  it("comes frame by frame where the version writes no videos", async () => {
    const { comfyui, fake } = await videoPair({ dialect, lacks: ["CreateVideo", "SaveVideo"] });
    const run = comfyRun({ files: await files() });
    await comfyui.motion.render(motionRequest({ image: "art_1" }), run);
    expect(fake.temp().size).toBe(10);
    expect(await probed(run.saved[0]?.bytes ?? Buffer.alloc(0))).toMatchObject({
      seconds: 9 / 8,
      video: { codec: "avc", width: 64, height: 64, frames: 9 },
    });
  });

  it("rule 3: is made anew after a restart in mid-prompt, its picture brought again", async () => {
    const fake = await fakeOf({ dialect, stepMs: 5, models: videoModels });
    const comfyui = adapterFor(fake.url, { ffmpeg });
    let restarted: Promise<void> | undefined;
    const run = comfyRun({
      files: await files(),
      onProgress: atStep(3, () => {
        restarted = fake.restart({ downMs: 100 });
      }),
    });
    await comfyui.motion.render(motionRequest({ image: "art_1", steps: 30 }), run);
    await restarted;
    expect(run.saved).toHaveLength(1);
    expect(run.refs).toHaveLength(2);
    expect(fake.prompts().map(({ id }) => id)).toEqual([run.refs[1]]);
  });

  it("is taken over, not made twice, by the attempt after one that died", async () => {
    const { comfyui, fake } = await videoPair({ dialect, stepMs: 5 });
    const first = comfyRun({ job: "job_same", files: await files() });
    const died = comfyui.motion.render(motionRequest({ image: "art_1" }), first);
    await died;
    const second = comfyRun({ job: "job_same", files: await files(), earlierRefs: first.refs });
    await comfyui.motion.render(motionRequest({ image: "art_1" }), second);
    expect(second.saved[0]?.bytes.equals(first.saved[0]?.bytes ?? Buffer.alloc(0))).toBe(true);
    expect(fake.taken).toBe(1);
  });

  it("rule 4: is stopped by a cancel, alone", async () => {
    const { comfyui, fake } = await videoPair({ dialect, stepMs: 5 });
    const run = comfyRun({ files: await files(), onProgress: atStep(2, () => run.abort()) });
    const error = await failureOf(comfyui.motion.render(motionRequest({ image: "art_1", steps: 200 }), run));
    expect(error.code).toBe("canceled");
    await until("the prompt has stopped", () => fake.prompts().every(({ state }) => state !== "running" && state !== "pending"));
    expect(run.saved).toEqual([]);
  });

  it("waits for someone else's prompt and does not touch it", async () => {
    const { comfyui, fake } = await videoPair({ dialect });
    const foreign = await fake.submitForeign({ steps: 40 });
    const run = comfyRun({ files: await files() });
    await comfyui.motion.render(motionRequest({ image: "art_1" }), run);
    expect(fake.prompts().find(({ id }) => id === foreign)?.state).toBe("completed");
    expect(run.reported.some(({ note }) => note?.includes("another prompt"))).toBe(true);
  });
});

describe("what goes wrong with a video", () => {
  it.each([
    ["a web page", Buffer.from("<!doctype html><title>502</title>"), /is a web page/],
    ["nothing", Buffer.alloc(0), /is empty/],
    ["half a video", undefined, /broken or no video/],
    ["sound alone", "sound", /no frames/],
  ])("is named: ComfyUI says that all is well and left %s", async (_what, bytes, words) => {
    const { comfyui, fake } = await videoPair();
    const { tinyVideo } = await import("../testing/fake-video.ts");
    fake.faults.video = bytes === "sound" ? await tone() : ((bytes as Buffer | undefined) ?? tinyVideo().subarray(0, 1200));
    const run = comfyRun();
    const error = await failureOf(comfyui.motion.render(motionRequest(), run));
    expect(error).toMatchObject({ code: "engine_failed", message: expect.stringMatching(words) });
    expect(error.message).toMatch(/^ComfyUI said that the video is done, but .*retry the job\.$/);
    expect(run.saved).toEqual([]);
  });

  it("is told with the remedy for videos where the card is too small", async () => {
    const { comfyui, fake } = await videoPair();
    fake.faults.nodes = [{ node: "KSampler", kind: "oom" }];
    const error = await failureOf(comfyui.motion.render(motionRequest(), comfyRun()));
    expect(error).toMatchObject({ code: "out_of_memory", message: expect.stringMatching(/shorter or smaller/) });
  });

  it("is told where the file to start from is no picture", async () => {
    const { comfyui } = await videoPair();
    const run = comfyRun({ files: { art_1: { bytes: Buffer.from("x"), artifact: { name: "song.mp3", mediaType: "audio/mpeg" } } } });
    expect(await failureOf(comfyui.motion.render(motionRequest({ image: "art_1" }), run))).toMatchObject({ code: "unsupported_media" });
  });

  it("names the text encoder that was removed after the plan, and its folder", async () => {
    const { comfyui, fake } = await videoPair({ models: { checkpoints: [], diffusion_models: ["wan2.2_ti2v_5B_fp16.safetensors"] } });
    await comfyui.motion.fromWords();
    fake.disk.models["text_encoders"] = [];
    const error = await failureOf(comfyui.motion.render(motionRequest(), comfyRun()));
    expect(error).toMatchObject({ code: "unknown_model", message: expect.stringMatching(/umt5_xxl.*models\/text_encoders/) });
  });
});

describe("a request that was planned before ComfyUI ever answered", () => {
  it("is made as the model that there is can make it", async () => {
    const { comfyui, fake } = await videoPair({ models: { checkpoints: ["svd.safetensors"], diffusion_models: [] } });
    const run = comfyRun({ files: await files() });
    await comfyui.motion.render(motionRequest({ model: "default", image: "art_1", width: 1280, height: 704, frames: 121, fps: 24 }), run);
    expect(fake.prompts()[0]?.graph["condition"]?.inputs).toMatchObject({
      width: 1024,
      height: 576,
      video_frames: 14,
      motion_bucket_id: 127,
    });
  });
});

describe("templates", () => {
  const names = Object.keys(motionTemplates) as MotionTemplate[];

  it("are all used, each by a kind that brings the files that it needs", () => {
    const used = motionKinds.flatMap((kind) =>
      [kind.image, kind.words].filter((use) => use !== undefined).map((use) => ({ kind, ...use })),
    );
    expect(new Set(used.map(({ template }) => template))).toEqual(new Set(names));
    for (const { kind, template, parts } of used) {
      const wants = valuesOf(motionTemplates[template]).filter((value) => ["encoder", "vae", "vision", "lowModel"].includes(value));
      expect(wants.toSorted()).toEqual([...Object.keys(parts), ...(kind.pair ? ["lowModel"] : [])].toSorted());
    }
  });

  it.each(names)("%s has a place for whatever a request says, and refuses to be filled half", (name) => {
    const wants = valuesOf(motionTemplates[name]);
    expect(wants).toEqual(expect.arrayContaining(["model", "width", "height", "frames", "seed", "steps", "cfg"]));
    expect(wants.includes("image")).toBe(name.endsWith("image") || name === "svd");
    expect(() => motionGraph(name, "video", {})).toThrow(/needs/);
  });
});

async function tone(): Promise<Buffer> {
  const { withFolder } = await import("../../../ffmpeg/index.ts");
  const { readFile } = await import("node:fs/promises");
  return withFolder(undefined, async (folder) => {
    await ffmpeg.run(["-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac", "tone.mp4"], {
      cwd: folder,
      signal: new AbortController().signal,
    });
    return readFile(`${folder}/tone.mp4`);
  });
}
