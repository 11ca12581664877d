/** A training from its pictures to its asset, through everything that may break on the way. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Failure } from "../../../core/failure.ts";
import { createLoraFolder, type LoraFolder } from "../../lora-folder.ts";
import type { TestRun } from "../testing/run.ts";
import { loraFileOf, sha256 } from "./testing/fake-files.ts";
import { closeAll, dataset, notesOf, pair, request, runOf, until } from "./testing/setup.ts";

const folders: string[] = [];
afterEach(async () => {
  await closeAll();
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

async function loraFolder(): Promise<LoraFolder & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "spin-loras-"));
  folders.push(path);
  return { ...createLoraFolder(path), path };
}

/** What an undisturbed training of the same request makes: the bytes depend on every step. */
async function undisturbed(change: Parameters<typeof request>[0] = {}): Promise<Buffer> {
  const { fake, gpuHost } = await pair();
  await gpuHost.train.train(request(change), runOf());
  return Buffer.from(fake.runs()[0]?.files.get("lora.safetensors") ?? []).subarray(-64);
}

const weightsOf = (run: TestRun): Buffer => run.saved.find(({ name }) => name.endsWith(".safetensors"))?.bytes ?? Buffer.alloc(0);

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

describe("a training", () => {
  it("hands over pictures with their captions, follows the steps, and makes the asset", async () => {
    const folder = await loraFolder();
    const { fake, gpuHost } = await pair({ key: "k".repeat(24) }, { key: "k".repeat(24), loraFolder: folder });
    const run = runOf();
    await gpuHost.train.train(request(), run);

    expect(fake.runs()).toHaveLength(1);
    const asked = fake.runs()[0]?.asked;
    expect(asked?.id).toBe("job_0000000000000001-1-0");
    expect(run.refs).toEqual([asked?.id]);
    expect(asked?.params.pictures.map(({ caption }) => caption)).toEqual([64, 72, 80].map((side) => `bsct dog, a dog, picture ${side}`));
    expect(asked?.params.pictures.every(({ image }) => fake.state.inputs.has(image))).toBe(true);
    expect(asked?.params).toMatchObject({ base_model: "sd-v1-5.safetensors", steps: 12, rank: 4, alpha: 2, batch_size: 2, save_every: 4 });

    const stages = [...new Set(run.reported.map(({ stage }) => stage))];
    expect(stages).toEqual(expect.arrayContaining(["checking", "loading", "caching", "training", "sampling", "storing"]));
    expect(run.reported.find(({ step }) => step === 12)).toMatchObject({
      steps: 12,
      loss: expect.any(Number),
      savedStep: expect.any(Number),
    });
    const fractions = run.reported.map(({ fraction }) => fraction);
    expect(fractions.every((fraction) => fraction >= 0 && fraction <= 1)).toBe(true);
    await until("samples were shown", () => run.previews.length > 0);

    const names = run.saved.map(({ name }) => name);
    expect(names).toEqual(["biscuit-7.safetensors", "step-6-biscuit-1.png", "step-12-biscuit-1.png"]);
    expect(run.saved[0]?.recipe).toMatchObject({
      tool: "train_lora",
      engine: { id: "gpu-host", version: "0.1.0, sd-scripts 48d368f" },
      details: {
        base_model: "sd-v1-5.safetensors",
        licence: "CreativeML Open RAIL-M",
        steps: 12,
        dataset_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
    expect(run.made).toEqual({
      ...{ kind: "lora", family: "sd15", triggerWords: ["bsct dog"], baseModel: "sd-v1-5.safetensors", licence: "CreativeML Open RAIL-M" },
      ...{ rank: 4, steps: 12, stepsAsked: 12, resolution: 512, dataset: dataset().id, pictures: 3 },
      artifact: "art_biscuit-7.safetensors",
      sha256: sha256(weightsOf(run)),
      samples: ["art_step-6-biscuit-1.png", "art_step-12-biscuit-1.png"],
    });
    expect(await readFile(join(folder.path, "msb/ast_0000000000000001.safetensors"))).toEqual(weightsOf(run));
    expect((await folder.placed()).map(({ name }) => name)).toEqual(["ast_0000000000000001.safetensors"]);
  });

  it("gives every sample a file name of its own, however long the LoRA's name is", async () => {
    const { gpuHost } = await pair();
    const run = runOf();
    const change = { name: "my dog biscuit playing on the beach in summer 2024 and home", samplePrompts: ["one", "two"], sampleEvery: 4 };
    await gpuHost.train.train(request(change), run);
    const names = run.saved.map(({ name }) => name);
    expect(new Set(names).size).toBe(7);
    expect(names.at(-1)).toMatch(/^step-12-my-dog-.*-2\.png$/);
  });

  it("brings each picture once: what gpu-host has already is not sent again", async () => {
    const { fake, gpuHost } = await pair();
    await gpuHost.train.train(request(), runOf());
    await gpuHost.train.train(request(), runOf({ attempt: 2 }));
    expect(fake.calls.filter(({ method }) => method === "PUT")).toHaveLength(3);
  });

  it("is not lost where the LoRA folder cannot be written", async () => {
    const { gpuHost } = await pair({}, { loraFolder: createLoraFolder("/proc/no-such-folder") });
    const run = runOf();
    await gpuHost.train.train(request(), run);
    expect(run.made).toMatchObject({ kind: "lora" });
    expect(notesOf(run).join()).toContain("LoRA folder could not be written");
  });

  it("says why it is not placed where the LoRA folder is another studio's", async () => {
    const folder = await loraFolder();
    await createLoraFolder(folder.path, async () => "another").claim(() => true);
    const { gpuHost } = await pair({}, { loraFolder: createLoraFolder(folder.path, async () => "this") });
    const run = runOf();
    await gpuHost.train.train(request(), run);
    expect(run.made).toMatchObject({ kind: "lora" });
    expect(await folder.placed()).toEqual([]);
    expect(notesOf(run).join()).toContain("another studio's LoRAs");
    expect(notesOf(run).join()).not.toContain("could not be written");
  });

  it("is placed at once when the database, which knows whose folder it is, is back", async () => {
    const folder = await loraFolder();
    let asked = 0;
    const whose = async () => {
      if (++asked <= 2)
        throw new Failure("database_unavailable", "The database does not answer. Try again in a moment.", { retryable: true });
      return "studio";
    };
    const { gpuHost } = await pair({}, { loraFolder: createLoraFolder(folder.path, whose) });
    const run = runOf();
    await gpuHost.train.train(request(), run);
    expect(await folder.placed()).toHaveLength(1);
    expect(notesOf(run).join()).not.toContain("could not be written");
  });
});

describe("what breaks on the way", () => {
  it("a cut event stream goes on behind the last event that was heard", async () => {
    const { fake, gpuHost } = await pair({ faults: { cutEvents: 4 } });
    const run = runOf();
    await gpuHost.train.train(request(), run);
    expect(fake.faults.cutEvents).toBe(0);
    expect(fake.runs()).toHaveLength(1);
    const steps = run.reported.filter(({ stage, step }) => stage === "training" && step !== undefined).map(({ step }) => step ?? 0);
    expect(steps).toEqual([...steps].sort((one, other) => one - other));
  });

  it("gpu-host dies and comes back: its training went on, and is one", async () => {
    const { fake, gpuHost } = await pair({ faults: { gate: 5 } });
    const run = runOf();
    const work = gpuHost.train.train(request(), run);
    await until("it trains", () => fake.runs()[0]?.step === 5);
    await fake.stop();
    await until("it is said", () => notesOf(run).some((note) => note.includes("does not answer")));
    delete fake.faults.gate;
    await fake.start();
    await work;
    expect(fake.runs()).toHaveLength(1);
    expect(run.made).toMatchObject({ steps: 12 });
  });

  it("gpu-host stays away: it is waited for, then the job comes back later", async () => {
    const { fake, gpuHost } = await pair({}, { waitMinutes: 0.002 });
    await fake.stop();
    const failure = await failureOf(gpuHost.train.train(request(), runOf()));
    expect(failure).toMatchObject({ code: "engine_unavailable", retryable: true });
    expect(failure.message).toContain("python -m gpu_host");
  });

  it("an answer that is lost is asked for again: one run", async () => {
    const { fake, gpuHost } = await pair({ faults: { loseAnswers: 1 } });
    const run = runOf();
    await gpuHost.train.train(request(), run);
    expect(fake.faults.loseAnswers).toBe(0);
    expect(fake.runs()).toHaveLength(1);
  });

  it("a card with somebody else's training on it is waited for", async () => {
    const { fake, gpuHost } = await pair({ faults: { foreign: "somebody-else" } });
    const run = runOf();
    const work = gpuHost.train.train(request(), run);
    await until("it is said", () => notesOf(run).some((note) => note.includes("another run")));
    expect(fake.calls.some(({ path }) => path.endsWith("/cancel"))).toBe(false);
    delete fake.faults.foreign;
    await work;
    expect(run.made).toBeDefined();
  });

  it("a file that comes broken once is fetched again, one that always does is not published", async () => {
    const { fake, gpuHost } = await pair({ faults: { spoilFiles: 1 } });
    // the previews are files too: this training has none
    const once = runOf();
    await gpuHost.train.train(request({ samplePrompts: [] }), once);
    expect(sha256(weightsOf(once))).toBe(fake.runs()[0]?.results[0]?.sha256);

    fake.faults.spoilFiles = 1000;
    const always = runOf({ attempt: 2 });
    const failure = await failureOf(gpuHost.train.train(request({ samplePrompts: [] }), always));
    expect(failure).toMatchObject({ code: "engine_failed", retryable: true });
    expect(always.saved).toEqual([]);
    expect(always.made).toBeUndefined();
  });

  it("a file that is no whole LoRA is not published, whatever its hash", async () => {
    const { fake, gpuHost } = await pair({ faults: { gate: 11 } });
    const run = runOf();
    const work = failureOf(gpuHost.train.train(request({ samplePrompts: [] }), run));
    await until("it is nearly done", () => fake.runs()[0]?.step === 11);
    delete fake.faults.gate;
    await until("it is done", () => fake.runs()[0]?.over === true);
    const [trained] = fake.runs();
    const half = loraFileOf(trained?.asked.id ?? "", 12, "w".repeat(64)).subarray(0, -10);
    trained?.files.set("lora.safetensors", half);
    if (trained?.results[0]) trained.results[0].sha256 = sha256(half);
    expect(await work).toMatchObject({ code: "engine_failed" });
    expect(run.saved).toEqual([]);
  });

  it("a full disk before it begins and in its middle is named, with what a retry does", async () => {
    const { fake, gpuHost } = await pair({ faults: { disk: "start" } });
    expect(await failureOf(gpuHost.train.train(request(), runOf()))).toMatchObject({ code: "storage_full", retryable: false });
    fake.faults.disk = 6;
    const failure = await failureOf(gpuHost.train.train(request(), runOf({ attempt: 2 })));
    expect(failure.code).toBe("storage_full");
    expect(failure.message).toContain("goes on from step 4 of 12");
    const run = runOf({ attempt: 3, earlierRefs: ["x"] });
    await gpuHost.train.train(request(), run);
    expect(weightsOf(run).subarray(-64)).toEqual(await undisturbed());
  });

  it("a picture that is not what the dataset says is refused before the card is taken", async () => {
    const { fake, gpuHost } = await pair();
    const wrong = dataset();
    if (wrong.details.kind === "dataset" && wrong.details.pictures[0]) wrong.details.pictures[0].sha256 = "0".repeat(64);
    expect(await failureOf(gpuHost.train.train(request(), runOf({ assets: [wrong] })))).toMatchObject({ code: "engine_failed" });
    expect(fake.runs()).toEqual([]);
  });

  it.each([
    ["unknown_model", { baseModel: "gone.safetensors" }],
    ["invalid_input", { baseModel: "sd_xl_base_1.0.safetensors" }],
  ])("what gpu-host refuses is told as %s, with its remedy", async (code, change) => {
    const { gpuHost } = await pair();
    expect(await failureOf(gpuHost.train.train(request(change), runOf()))).toMatchObject({ code, retryable: false });
  });

  it("a trainer that is not ready is named", async () => {
    const { gpuHost } = await pair({ problems: ["python is not there."] });
    expect(await failureOf(gpuHost.train.train(request(), runOf()))).toMatchObject({ code: "engine_unavailable" });
  });

  it("a wrong key is told without it", async () => {
    const { gpuHost } = await pair({ key: "k".repeat(24) }, { key: "hunter2-hunter2-hunter2" });
    const failure = await failureOf(gpuHost.train.train(request(), runOf()));
    expect(failure.code).toBe("engine_rejected");
    expect(failure.message).toContain("GPU_HOST_KEY");
    expect(JSON.stringify([failure.message, String(failure.cause)])).not.toContain("hunter2");
  });
});

describe("out of memory", () => {
  const limit = 512 * 512;

  it("is tried once with less, and said", async () => {
    const { fake, gpuHost } = await pair({ faults: { memory: limit } });
    const run = runOf();
    await gpuHost.train.train(request(), run);
    expect(fake.runs().map(({ asked }) => [asked.id, asked.params.batch_size])).toEqual([
      ["job_0000000000000001-1-0", 2],
      ["job_0000000000000001-1-1s", 1],
    ]);
    expect(notesOf(run).join()).toContain("batch 1 in place of 2");
    expect(run.made).toMatchObject({ steps: 12, resolution: 512 });
  });

  it("with smaller pictures where it is one at a time already", async () => {
    const { gpuHost } = await pair({ faults: { memory: limit - 1 } });
    const run = runOf();
    await gpuHost.train.train(request({ batchSize: 1 }), run);
    expect(run.made).toMatchObject({ resolution: 384 });
  });

  it("a second time it is the end, and where it may not be tried the first", async () => {
    const { fake, gpuHost } = await pair({ faults: { memory: 1 } });
    const twice = await failureOf(gpuHost.train.train(request(), runOf()));
    expect(twice).toMatchObject({ code: "out_of_memory" });
    expect(twice.message).toContain("with less memory already");
    expect(fake.runs()).toHaveLength(2);
    const never = await failureOf(gpuHost.train.train(request({ smallerOnOom: false }), runOf({ attempt: 2 })));
    expect(never.code).toBe("out_of_memory");
  });
});
