import { describe, expect, it } from "vitest";
import { decodeBinary, decodeText } from "./events.ts";
import { upscaleGraph } from "./graph.ts";
import { motionTemplates } from "./motion/templates.ts";
import { resultFiles } from "./results.ts";
import { comfyRun } from "./testing/run.ts";
import { createTracker } from "./tracker.ts";

const ours = "00000000-0000-4000-8000-000000000000";
const theirs = "00000000-0000-4000-8000-000000000001";
const graph = upscaleGraph({ image: "a.png [temp]", model: "m.pth", width: 8, height: 8, prefix: "x" });
const u32 = (value: number) => Buffer.from([value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]);
const text = (type: string, data: object) => decodeText(JSON.stringify({ type, data }));
const plainPreview = decodeBinary(Buffer.concat([u32(1), u32(2), Buffer.from("png bytes")]));

function tracker() {
  const run = comfyRun();
  let ends = 0;
  const tracked = createTracker(run, { index: 1, count: 2 }, () => {
    ends++;
  });
  tracked.follow(ours, graph);
  return { run, tracked, ends: () => ends, hear: (event: ReturnType<typeof decodeText>) => event && tracked.onEvent(event) };
}

describe("progress of a video", () => {
  it("takes two samplers for two halves, within its part of the job", () => {
    const run = comfyRun();
    const tracked = createTracker(run, { index: 0, count: 1, share: { from: 0.1, to: 0.5, called: "part" } }, () => {});
    tracked.follow(ours, motionTemplates["wan22-pair-words"]);
    for (const [node, value] of [
      ["rough", 10],
      ["sampler", 5],
      ["sampler", 10],
    ] as const) {
      const event = text("progress", { prompt_id: ours, node, value, max: 10 });
      if (event) tracked.onEvent(event);
    }
    tracked.storing();
    const fractions = run.reported.map(({ fraction }) => Math.round((fraction - 0.1) * 1000) / 400);
    // half, three quarters and all of the sampling
    expect(fractions).toEqual([0.465, 0.6725, 0.88, 0.95]);
    expect(run.reported.every(({ stage, note }) => (stage === "sampling" || stage === "storing") && note === undefined)).toBe(true);
  });
});

describe("rule 5: events", () => {
  it("of other prompts are dropped, whatever they are", () => {
    const { run, hear, ends } = tracker();
    hear(text("execution_start", { prompt_id: theirs }));
    hear(text("executing", { prompt_id: theirs, node: "upscale" }));
    hear(text("progress", { prompt_id: theirs, node: "upscale", value: 1, max: 2 }));
    hear(text("executing", { prompt_id: theirs, node: null }));
    hear(text("execution_error", { prompt_id: theirs }));
    // the first one after a reconnect has no prompt id: it could be anyone's
    hear(text("executing", { node: "upscale" }));
    expect(run.reported).toEqual([]);
    expect(ends()).toBe(0);
  });

  it("previews without a prompt id count only while ours runs", () => {
    const { run, hear } = tracker();
    hear(plainPreview);
    expect(run.previews).toEqual([]);
    hear(text("execution_start", { prompt_id: ours }));
    hear(plainPreview);
    expect(run.previews).toEqual([{ mediaType: "image/png", data: Buffer.from("png bytes") }]);
    hear(text("executing", { prompt_id: ours, node: null }));
    hear(plainPreview);
    expect(run.previews).toHaveLength(1);
  });

  it("previews without a prompt id are no longer ours when another prompt runs, also where our end was missed", () => {
    const { run, hear } = tracker();
    hear(text("execution_start", { prompt_id: ours }));
    hear(text("execution_start", { prompt_id: theirs }));
    hear(plainPreview);
    expect(run.previews).toEqual([]);
  });

  it("tell that an end is announced, and then that it is written down", () => {
    const { tracked, hear, ends } = tracker();
    expect([tracked.heard, tracked.ended]).toEqual([false, undefined]);
    hear(text("execution_success", { prompt_id: theirs }));
    expect([tracked.heard, tracked.ended]).toEqual([false, undefined]);
    hear(text("execution_success", { prompt_id: ours }));
    expect([tracked.heard, tracked.ended, ends()]).toEqual([true, "announced", 1]);
    hear(text("executing", { prompt_id: ours, node: null }));
    expect([tracked.ended, ends()]).toEqual(["written", 2]);
    tracked.follow(theirs, graph);
    expect([tracked.heard, tracked.ended]).toEqual([false, undefined]);
  });

  it("previews with a prompt id count when it is ours", () => {
    const { run, hear } = tracker();
    const framed = (prompt: string) => {
      const about = Buffer.from(JSON.stringify({ prompt_id: prompt, node_id: "5", image_type: "image/jpeg" }));
      return decodeBinary(Buffer.concat([u32(4), u32(about.length), about, Buffer.from("jpeg")]));
    };
    hear(framed(theirs));
    hear(framed(ours));
    expect(run.previews).toEqual([{ mediaType: "image/jpeg", data: Buffer.from("jpeg") }]);
  });

  it("that make no sense are ignored", () => {
    for (const bad of [
      "",
      "[]",
      "{",
      '{"type":"progress"}',
      '{"type":"progress","data":{"prompt_id":1}}',
      '{"type":"new_thing","data":{}}',
    ])
      expect(decodeText(bad)).toBeUndefined();
    for (const bad of [Buffer.alloc(0), u32(4), Buffer.concat([u32(4), u32(9999)]), Buffer.concat([u32(3), u32(1), Buffer.from("x")])])
      expect(decodeBinary(bad)).toBeUndefined();
  });
});

describe("progress", () => {
  it("rises through loading, upscaling with its tiles, encoding, storing", () => {
    const { run, tracked, hear } = tracker();
    hear(text("execution_start", { prompt_id: ours }));
    for (const node of ["source", "upscaler", "upscale"]) hear(text("executing", { prompt_id: ours, node }));
    hear(text("progress", { prompt_id: ours, node: "upscale", value: 1, max: 2 }));
    hear(text("executing", { prompt_id: ours, node: "fit" }));
    tracked.storing();
    expect(run.reported.map(({ stage, step, steps }) => [stage, step, steps])).toEqual([
      ["loading", undefined, undefined],
      ["loading", undefined, undefined],
      ["loading", undefined, undefined],
      ["upscaling", undefined, undefined],
      ["upscaling", 1, 2],
      ["encoding", undefined, undefined],
      ["storing", undefined, undefined],
    ]);
    expect(run.reported.at(0)?.fraction).toBeGreaterThanOrEqual(0.5);
    expect(run.reported.at(-1)).toMatchObject({ fraction: 0.975, note: "picture 2 of 2" });
  });

  it("is taken from progress_state after missed events", () => {
    const { run, hear } = tracker();
    const nodes = { upscaler: { value: 1, max: 1, state: "finished" }, upscale: { value: 3, max: 4, state: "running" } };
    hear(text("progress_state", { prompt_id: ours, nodes }));
    expect(run.reported).toMatchObject([{ stage: "upscaling", step: 3, steps: 4 }]);
  });

  it("does not fall when a lost prompt starts anew", () => {
    const { run, tracked, hear } = tracker();
    hear(text("progress", { prompt_id: ours, node: "upscale", value: 3, max: 4 }));
    tracked.waiting("ComfyUI does not answer");
    tracked.follow(theirs, graph);
    hear(text("execution_start", { prompt_id: theirs }));
    hear(text("progress", { prompt_id: theirs, node: "upscale", value: 1, max: 4 }));
    expect(new Set(run.reported.map((report) => report.fraction)).size).toBe(1);
    expect(run.reported.at(-1)).toMatchObject({ stage: "upscaling", step: 1 });
  });
});

describe("rule 6: results", () => {
  it("are every object with a filename under any key of any node", () => {
    const files = resultFiles({
      "7": { images: [{ filename: "a_00001_.mp4", subfolder: "msb", type: "output" }], animated: [true] },
      "8": { audio: [{ filename: "b_00001.flac", subfolder: "", type: "temp" }], text: ["words"], latents: [] },
      "9": { custom: { deep: [{ filename: "c.png" }] } },
      "10": "nothing",
    });
    expect(files).toEqual([
      { filename: "a_00001_.mp4", subfolder: "msb", type: "output" },
      { filename: "b_00001.flac", subfolder: "", type: "temp" },
      { filename: "c.png", subfolder: "", type: "output" },
    ]);
  });
});
