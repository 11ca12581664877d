/** One card for everything: the real lane, attempts, card and job store, a ComfyUI, an Ollama and a trainer that account for what they take. */
import { setTimeout as sleep } from "node:timers/promises";
import { HumanMessage } from "@langchain/core/messages";
import { z } from "zod";
import { chatModelOf } from "../../../agent/model.ts";
import { createTestChat, doneOf } from "../../../agent/testing/chat.ts";
import { startFakeOllama } from "../../../agent/testing/fake-ollama.ts";
import { createCard } from "../../../core/card.ts";
import { newId } from "../../../core/ids.ts";
import { silentLog } from "../../../core/log.ts";
import { noMetrics } from "../../../core/ports/metrics.ts";
import { defaultPolicy } from "../../../core/schedule.ts";
import { defineJobTool, type Tool } from "../../../core/tool.ts";
import { type Database, openPostgres } from "../../../platform/postgres/open.ts";
import { createDatabase } from "../../../platform/postgres/testing/database.ts";
import { createAttempts } from "../../attempt.ts";
import { adapterFor, closeAll, fakeOf, request } from "../../engines/comfyui/testing/setup.ts";
import { testPicture } from "../../engines/cpu-upscale/testing/pictures.ts";
import { testArtifact } from "../../engines/testing/run.ts";
import { createGpu } from "../../gpu.ts";
import { createLane } from "../../lane.ts";
import { memoryBus, memoryFiles, memoryQueue, plainMedia } from "../memory.ts";
import { engineList, thing } from "../scripted-engine.ts";
import { createFakeCard } from "./card.ts";
import { comfyuiOn } from "./comfyui.ts";
import { passedOn } from "./passed-on.ts";
import { trainerOn, trainingGb } from "./trainer.ts";

export type Kind = "sd15" | "sdxl" | "upscale" | "train";

/** What each kind of job needs, as the templates and presets say. */
const kinds = {
  sd15: { tool: "draw", engine: "comfyui", family: "comfy-sd15", vramGb: 4, model: "sd15.safetensors" },
  sdxl: { tool: "draw", engine: "comfyui", family: "comfy-sdxl", vramGb: 10, model: "sd_xl_base_1.0.safetensors" },
  upscale: { tool: "enlarge", engine: "comfyui", family: "comfy-upscale", vramGb: 3, model: "" },
  train: { tool: "train", engine: "trainer", family: "train", vramGb: trainingGb, model: "" },
} as const;

const model = "mistral:7b";

/** @param between a whole number from low to high, as the seed says. */
export async function startStudio(between: (low: number, high: number) => number) {
  const closers: (() => Promise<unknown>)[] = [];
  const test = await createDatabase();
  closers.push(test.drop);
  // what a power cut would cost is not looked at here, and waiting for the disk is most of the time
  const database: Database = await openPostgres({ url: `${test.url}?options=-c%20synchronous_commit%3Doff`, log: silentLog });
  closers.push(database.close);

  const card = createFakeCard();
  const ollama = await startFakeOllama({
    models: [model],
    replies: () => ({ text: ["Well", " then", "."], delayMs: between(1, 8) }),
    card,
    loadMs: 8,
    leaveMs: 15,
  });
  closers.push(ollama.close);
  const comfy = await fakeOf({ stepMs: 0, previews: false, vram: comfyuiOn(card, () => between(5, 40)) });
  const comfyui = adapterFor(comfy.url, { timings: { poll: 40, quiet: 40 } });
  closers.push(closeAll);
  const trainer = trainerOn(card);

  const port = createCard(database.card);
  const seen = { get: async () => true, set: async () => undefined };
  const source = (url: string) => chatModelOf({ ollama: { url, configured: true, model }, seen, log: silentLog, card: port });
  const chatModel = source(ollama.url);
  const ask = async (signal: AbortSignal) => {
    const choice = await chatModel.choose(signal);
    if (choice.planner === "rules") throw new Error("the chat model was not chosen");
    await choice.model.ask([new HumanMessage("hello")], [], { signal, onText: () => undefined });
  };
  const door = await passedOn(ollama.url);
  closers.push(door.close);
  const status = source(door.url);
  const statusChat = createTestChat({ model: status });
  await statusChat.turn("/render a red fox");

  /**
   * How memory was asked back, and what the holder still had in the moment in which that was called done. A chat model has what its process has: the driver may be
   * late with it where another engine's comes back at the same time, and what is really free is looked at once more before the work begins.
   */
  const releases: { holder: string; outcome: string; leftGb: number }[] = [];
  const chatGb = () => ollama.memory.list().reduce((sum, { cardGb }) => sum + cardGb, 0);
  const counts: Record<string, number> = {};
  const metrics = {
    ...noMetrics,
    attemptEnded(_tool: string, outcome: string) {
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    },
    cardReleased: (holder: string, outcome: string) =>
      void releases.push({ holder, outcome, leftGb: holder === "chat" ? chatGb() : card.heldGb(holder) }),
  };
  const engines = engineList(comfyui, trainer.engine);
  const gpu = createGpu({
    ...{ engines, card: port, metrics, log: silentLog },
    chat: chatModel.memory as NonNullable<typeof chatModel.memory>,
    vramGb: 16,
    worker: "lane",
    waits: async () => (await database.jobs.waiting()).length > 0,
    times: { poll: 15, quiet: 30, release: 10_000, settle: 60, turn: 10_000, stranger: 20_000 },
  });
  closers.push(() => gpu.close());

  const source64 = await testPicture(64, 64).png().toBuffer();
  const tools: Tool[] = [
    tool("draw", (input, _list, run) => comfyui.image.render(request({ model: input.model, seed: input.seed, steps: 1 }), run)),
    tool("enlarge", (_input, _list, run) => comfyui.upscale.upscale({ image: "art_source", scale: 2 }, run)),
    tool("train", async (_input, _list, run) => {
      await trainer.train(run);
      await thing(run);
    }),
  ];
  const files = memoryFiles();
  await files.put("uploads/art_source", source64);
  const artifact = testArtifact("art_source", { width: 64, height: 64, bytes: source64.length });
  const [queue, bus] = [memoryQueue(), memoryBus()];
  const listening = await database.listen(bus.publish, () => undefined);
  closers.push(() => listening.close());
  const attempts = createAttempts({
    ...{ tools, engines, files, bus, gpu, metrics },
    jobs: database.jobs,
    assets: database.assets,
    artifacts: { ...database.artifacts, get: async () => artifact },
    media: plainMedia,
    log: silentLog,
    worker: "lane",
  });
  const families = Object.values(kinds).map(({ family }) => family);
  const lane = await createLane({
    ...{
      name: "card",
      families,
      attempts,
      queue,
      bus,
      gpu,
      metrics,
      policy: { ...defaultPolicy, maxWait: 150, maxTrainingWait: 400, minHold: 30 },
    },
    jobs: database.jobs,
    settings: database.settings,
    log: silentLog,
    lookMs: 200,
  });
  closers.push(() => lane.close(0));

  return {
    card,
    ollama,
    trainer,
    releases,
    counts,
    /** What went to Ollama on behalf of questions about the state. */
    asked: door.paths,
    async submit(kind: Kind, seed: number): Promise<string> {
      const { tool, engine, family, vramGb, model: checkpoint } = kinds[kind];
      const { job } = await database.jobs.accept({
        ...{ id: newId("job"), principal: `p${seed % 5}`, tool, engine, family, vramGb, title: kind },
        input: { model: checkpoint, seed },
        class: kind === "train" ? "training" : "interactive",
        requestDigest: `${seed}`,
      });
      await queue.add(job);
      return job.id;
    },
    /** Jobs that have not ended, and how the others did. */
    async look() {
      const { rows } = await database.pool.query<{ state: string; attempt: number; jobs: number }>(
        "select state, attempt, count(*)::int as jobs from jobs group by state, attempt",
      );
      return rows;
    },
    /** One turn of a person. */
    talk: () => ask(new AbortController().signal),
    /** A person who leaves in the middle. */
    async leave() {
      const stop = new AbortController();
      const turn = ask(stop.signal).catch(() => undefined);
      await sleep(between(1, 20));
      stop.abort(new Error("left"));
      await turn;
    },
    /** A person's question, and what the table of states asks for. Returns who planned the answer. */
    async askState() {
      const [parts] = await Promise.all([statusChat.turn("is it done?"), status.status(), ...engines.all.map((engine) => engine.status())]);
      return doneOf(parts).planner;
    },
    async close() {
      for (const close of closers.reverse()) await close();
    },
  };
}

const input = z.strictObject({ model: z.string(), seed: z.number() });

function tool(name: string, run: Parameters<typeof defineJobTool<typeof input>>[0]["run"]): Tool {
  return defineJobTool({
    ...{ name, title: name, alias: name, description: "For tests.", input, run },
    annotations: { readOnly: false, destructive: false, idempotent: false },
    prepare: async () => {
      throw new Error("jobs are accepted as they are");
    },
  });
}
