/** The tools for what a person has: listed, renamed, deleted; their own LoRAs among the models; a word to a training. */
import { describe, expect, it } from "vitest";
import { newId } from "../core/ids.ts";
import type { JobWithArtifacts } from "../core/job.ts";
import type { ModelList } from "../core/ports/engine.ts";
import type { AnswerTool } from "../core/tool.ts";
import { deleteAsset } from "./delete-asset.ts";
import { listAssets } from "./list-assets.ts";
import { listModels } from "./list-models.ts";
import { renameAsset } from "./rename-asset.ts";
import { steerTraining } from "./steer-training.ts";
import { aDataset, aLora, answering } from "./testing/assets.ts";
import { failure } from "./testing/failure.ts";

const tool = (one: unknown) => one as AnswerTool;
const anna = { id: "anna" };

describe("list_assets", () => {
  it("shows one's own alone, newest first, with trigger words and without names of files", async () => {
    const { ask } = answering([aDataset("photos"), aLora("biscuit"), aLora("secret", { principal: "anna" })]);
    const { text, data } = await ask(tool(listAssets), {});
    expect(text).toMatch(
      /^- biscuit \(LoRA for sd15, say: bsct dog; 100 steps on base, licence: unknown, ast_\w+\)\n- photos \(dataset of 12 pictures, ast_\w+\)$/,
    );
    expect(JSON.stringify([text, data])).not.toMatch(/msb\/|safetensors|secret/);
    expect((await ask(tool(listAssets), { kind: "dataset" })).text).toMatch(/^- photos/);
    expect((await ask(tool(listAssets), {}, { id: "bob" })).text).toContain("Attach 10 or more photos");
  });

  it("says that a LoRA was ended early", async () => {
    const early = aLora("early");
    const { ask } = answering([{ ...early, details: { ...early.details, steps: 40, stepsAsked: 100 } as never }]);
    expect((await ask(tool(listAssets), {})).text).toContain("40 of 100 steps");
  });
});

describe("rename_asset", () => {
  it("renames by name or id, and says what it is called now", async () => {
    const lora = aLora("biscuit");
    const { ask, rows } = answering([lora]);
    expect((await ask(tool(renameAsset), { asset: "BISCUIT", name: "  june  " })).text).toBe('The LoRA "biscuit" is called "june" now.');
    await ask(tool(renameAsset), { asset: lora.id, name: "may" });
    expect(rows[0]?.name).toBe("may");
  });

  it.each([
    [{ asset: "biscuit", name: "../x" }, "invalid_input", /is no name/],
    [{ asset: "biscuit", name: "june" }, "conflict", /june/],
    [{ asset: "nothing", name: "x" }, "unknown_asset", /no asset "nothing" of yours\. There are: june, biscuit/],
  ])("refuses %j", async (input, code, message) => {
    const { ask } = answering([aLora("biscuit"), aLora("june")]);
    expect(await failure(() => ask(tool(renameAsset), input))).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("asks for the kind where a LoRA and a dataset have the name", async () => {
    const { ask, rows } = answering([aLora("biscuit"), aDataset("biscuit")]);
    expect((await failure(() => ask(tool(renameAsset), { asset: "biscuit", name: "x" }))).code).toBe("invalid_input");
    await ask(tool(renameAsset), { asset: "biscuit", name: "photos", kind: "dataset" });
    expect(rows.map(({ kind, name }) => `${kind} ${name}`)).toEqual(["lora biscuit", "dataset photos"]);
  });
});

describe("delete_asset", () => {
  it("asks with the name of what goes, and what stays", () => {
    expect(tool(deleteAsset).needsYes?.({ asset: "biscuit", kind: "lora" } as never)?.why).toMatch(
      /^This deletes the LoRA "biscuit" for good\. Its entry goes.*the file that the renderer reads.*can still be downloaded\.$/,
    );
    expect(tool(deleteAsset).needsYes?.({ asset: "biscuit" } as never)?.why).toMatch(/the asset "biscuit" for good/);
  });

  it("deletes one's own, and knows nobody else's", async () => {
    const theirs = aLora("biscuit", { principal: "anna" });
    const { ask, rows } = answering([theirs, aLora("biscuit")]);
    expect((await ask(tool(deleteAsset), { asset: "biscuit" })).text).toMatch(/^The LoRA "biscuit" is deleted\./);
    expect(rows).toEqual([theirs]);
    for (const asset of ["biscuit", theirs.id]) expect((await failure(() => ask(tool(deleteAsset), { asset }))).code).toBe("unknown_asset");
    expect((await ask(tool(listAssets), {}, anna)).text).toContain("biscuit");
  });
});

describe("list_models", () => {
  const lora = (name: string) => ({ name, family: "sd15" });
  const comfyui: ModelList = {
    engine: "ComfyUI",
    checkpoints: [],
    loras: [lora("ink.safetensors"), lora("msb/ast_1.safetensors"), lora("msb\\ast_2.safetensors")],
    upscalers: [],
  };

  it("shows one's own LoRAs by name with their trigger words, and nobody's by the name of its file", async () => {
    const { ask } = answering([aLora("biscuit"), aLora("secret", { principal: "anna" }), aDataset("photos")], {
      models: async () => [comfyui],
    });
    const { text, data } = await ask(tool(listModels), { kind: "loras" });
    expect(text).toBe("Your own, loras:\n- biscuit (sd15, say: bsct dog, licence: unknown)\n\nComfyUI, loras:\n- ink.safetensors (sd15)");
    expect(JSON.stringify(data)).not.toMatch(/msb|secret|photos/);
    expect(data["engines"]).toMatchObject([{ engine: "Your own", loras: [{ name: "biscuit" }] }, { engine: "ComfyUI" }]);
  });

  it("shows what a LoRA can be trained on, unless one other kind is asked for", async () => {
    const base = { name: "sd-v1-5.safetensors", family: "sd15", licence: "CreativeML Open RAIL-M" };
    const gpuHost: ModelList = { engine: "gpu-host", checkpoints: [], loras: [], upscalers: [], bases: [base] };
    const { ask } = answering([], { models: async () => [gpuHost] });
    const { text, data } = await ask(tool(listModels), {});
    expect(text).toBe("gpu-host, base models for training:\n- sd-v1-5.safetensors (sd15, licence: CreativeML Open RAIL-M)");
    expect(data["engines"]).toMatchObject([{ bases: [base] }]);
    expect((await ask(tool(listModels), { kind: "loras" })).text).not.toContain("sd-v1-5");
  });
});

describe("steer_training", () => {
  const settings = { save_every: 100, sample_every: 250 };
  const training = (more: object = {}) =>
    ({
      ...{
        id: newId("job"),
        tool: "train_lora",
        title: "Train LoRA: biscuit",
        state: "running",
        input: { steps: 1000, settings },
        artifacts: [],
        createdAt: new Date(0),
      },
      progress: { stage: "training", fraction: 0.3, step: 310 },
      ...more,
    }) as unknown as JobWithArtifacts;

  /** @param note what the training says to an order. */
  function studioOf(job: JobWithArtifacts, note?: string) {
    const orders: string[] = [];
    const studio = {
      get: async () => job,
      outlook: async () => ({}),
      order: async (_who: unknown, _id: string, name: string) => {
        orders.push(name);
        return job;
      },
      wait: async (
        _who: unknown,
        _id: string,
        _seconds: number,
        { progress, signal }: { progress(at: number, note: string): void; signal: AbortSignal },
      ) => {
        progress(0.3, "training");
        if (note === undefined || signal.aborted) return job;
        progress(0.31, note);
        return signal.aborted ? { ...job, progress: { ...job.progress, note } } : job;
      },
    };
    return { ...answering([], studio as never), orders, id: job.id };
  }

  it.each([
    ["sample", /draw a sample now, if its trainer takes that\. By itself it does so at step 500 of 1000\./],
    ["save", /save now, if its trainer takes that\. By itself it does so at step 400 of 1000\./],
    ["keep", /end here: what it saved last becomes the LoRA\. Where it has saved nothing yet, it ends at its first save\./],
  ])("%s", async (order, text) => {
    const { ask, orders, id } = studioOf(training());
    const answer = await ask(tool(steerTraining), { order, job_id: id });
    expect(answer.text).toMatch(text);
    expect(answer).toMatchObject({ job: id });
    expect(orders).toEqual([order]);
  });

  it("tells what the training says to it", async () => {
    const { ask, id } = studioOf(training(), "Nothing to keep yet: the first save comes at step 400");
    expect((await ask(tool(steerTraining), { order: "keep", job_id: id })).text).toContain(
      "(Nothing to keep yet: the first save comes at step 400)",
    );
  });

  it("never says a step behind the end", async () => {
    const { ask, id } = studioOf(training({ progress: { stage: "training", fraction: 0.9, step: 960 } }));
    expect((await ask(tool(steerTraining), { order: "sample", job_id: id })).text).toContain("at step 1000 of 1000");
  });

  it("is for trainings alone", async () => {
    const { ask, orders, id } = studioOf(training({ tool: "render_image", title: "Render: a fox" }));
    const error = await failure(() => ask(tool(steerTraining), { order: "keep", job_id: id }));
    expect(error).toMatchObject({ code: "conflict", message: expect.stringContaining("Render: a fox is no training") });
    expect(orders).toEqual([]);
  });
});
