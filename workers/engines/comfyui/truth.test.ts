import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { silentLog } from "../../../core/log.ts";
import { createApi } from "./api.ts";
import { cancelPrompt } from "./cancel.ts";
import { pictureGraph } from "./graph.ts";
import { Unreachable } from "./http.ts";
import { candidates, createPromptIds } from "./ids.ts";
import { defaultTimings } from "./options.ts";
import { closeAll, fakeOf, until } from "./testing/setup.ts";
import { lookUp } from "./truth.ts";

afterEach(closeAll);

const graph = (seed: number, steps = 500) =>
  pictureGraph(
    {
      model: "sd15.safetensors",
      prompt: "a fox",
      negativePrompt: "",
      seed,
      steps,
      cfg: 7,
      sampler: "euler",
      scheduler: "normal",
      width: 64,
      height: 64,
      prefix: "x",
    },
    [],
  );

describe.each([
  ["with /api/jobs", { dialect: "new" as const }],
  ["with /api/jobs but no cancel", { dialect: "new" as const, cancelRoute: false }],
  ["of queue and history", { dialect: "old" as const }],
])("rule 3: the truth %s", (_, options) => {
  it("is told apart: pending, running, done, failed, interrupted, unknown", async () => {
    const fake = await fakeOf({ ...options, stepMs: 5 });
    const api = createApi(
      { url: fake.url, configured: true, seen: async () => true, modelFamilies: {}, waitMinutes: 1, log: silentLog },
      defaultTimings,
    );
    const post = async (seed: number, steps?: number) => {
      const id = randomUUID();
      await api.post("/prompt", { prompt: graph(seed, steps), prompt_id: id });
      return id;
    };
    const state = async (id: string) => (await lookUp(api, id)).state;
    const running = await post(1);
    const pending = await post(2);
    await until("the first runs", async () => (await state(running)) === "running");
    expect(await state(pending)).toBe("pending");
    expect(await state(randomUUID())).toBe("unknown");

    expect(await cancelPrompt(api, pending, silentLog)).toBe(true);
    // a cancelled pending prompt leaves no trace
    expect(await state(pending)).toBe("unknown");
    expect(await state(running)).toBe("running");
    expect(await cancelPrompt(api, running, silentLog)).toBe(true);
    expect(await state(running)).toBe("interrupted");

    const done = await post(3, 1);
    await until("it is done", async () => (await state(done)) === "done");
    expect(await lookUp(api, done)).toMatchObject({ state: "done", outputs: { result: { images: [{ type: "temp" }] } } });
    fake.faults.nodes = [{ node: "KSampler", kind: "fail" }];
    const failed = await post(4, 1);
    await until("it failed", async () => (await state(failed)) === "failed");
    expect(await lookUp(api, failed)).toMatchObject({ state: "failed", error: { node_type: "KSampler", exception_type: "RuntimeError" } });

    await fake.restart();
    await lookUp(api, done).catch(() => {});
    expect(await state(done)).toBe("unknown");
    await fake.stop();
    await expect(lookUp(api, done)).rejects.toBeInstanceOf(Unreachable);
    // nothing of ours can be left in a ComfyUI that is gone, so this ends soon
    expect(await cancelPrompt(api, done, silentLog)).toBe(false);
  });
});

describe("prompt ids", () => {
  it("rule 1: are canonical lowercase UUIDs, never the same twice, all known from the last", () => {
    const ids = createPromptIds();
    const posted = [0, 1, 1, 2].map((picture) => ({ picture, id: ids.next(picture) ?? "" }));
    expect(new Set(posted.map(({ id }) => id)).size).toBe(4);
    for (const { id } of posted) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(candidates(posted[3]?.id ?? "")).toEqual(expect.arrayContaining(posted));
    expect(candidates("job-17")).toEqual([]);
  });

  it("come to an end, so that a ComfyUI that crashes on a job does not get it for ever", () => {
    const ids = createPromptIds();
    const all = Array.from({ length: 10 }, () => ids.next(0));
    expect(all.filter(Boolean)).toHaveLength(8);
  });
});
