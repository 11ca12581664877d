/** `npm run trainer`: the adapter against the real gpu-host and its protocol-true trainer: trained, struck, gone on from, kept, canceled. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLog } from "../../core/log.ts";
import type { TrainRequest } from "../../core/ports/engine.ts";
import { createGpuHost, type GpuHost } from "../../workers/engines/gpu-host/gpu-host.ts";
import { notesOf, request, runOf } from "../../workers/engines/gpu-host/testing/setup.ts";
import type { TestRun } from "../../workers/engines/testing/run.ts";
import { reasons } from "../../workers/stop.ts";
import { type GpuHostProcess, gpuHostVenv, startGpuHost } from "./gpu-host.ts";

type Check = (host: GpuHostProcess, engine: GpuHost) => Promise<void>;

const asked = (more: Partial<TrainRequest> = {}): TrainRequest => request({ steps: 40, saveEvery: 8, sampleEvery: 20, ...more });
const hash = (run: TestRun) => createHash("sha256").update(weights(run)).digest("hex").slice(0, 12);
/** The trained bytes alone: the header names the run. */
const weights = (run: TestRun) => run.saved.find(({ name }) => name.endsWith(".safetensors"))?.bytes.subarray(-64) ?? Buffer.alloc(0);

function expect(what: string, is: boolean, found: unknown = ""): void {
  if (!is) throw new Error(`${what} ${JSON.stringify(found)}`);
}

async function until(what: string, ready: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = Date.now() + 60_000; !(await ready()); await sleep(20))
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
}

const stepOf = (run: TestRun) => run.reported.at(-1)?.step ?? 0;
const says = (run: TestRun, words: string) => expect(`it says "${words}":`, notesOf(run).join("; ").includes(words), notesOf(run));

async function standing(host: GpuHostProcess, engine: GpuHost, step: number, more: Partial<TrainRequest> = {}) {
  await host.fault({ fault: "gate", at: step });
  const run = runOf();
  const work = engine.train.train(asked(more), run);
  work.catch(() => undefined);
  await until(`it stands at step ${step}`, () => stepOf(run) >= step - 1);
  await host.fault({});
  return { run, work };
}

let reference: string;

const checks: [string, Check][] = [
  [
    "a training from pictures to the asset",
    async (_host, engine) => {
      expect("it is ready:", (await engine.status()).state === "ready", await engine.status());
      const run = runOf();
      await engine.train.train(asked(), run);
      expect("the asset is made:", run.made?.kind === "lora" && run.made.steps === 40, run.made);
      expect(
        "samples are saved:",
        run.saved.length === 3,
        run.saved.map(({ name }) => name),
      );
      reference = hash(run);
    },
  ],
  [
    "gpu-host is killed in mid-run and adopts its child",
    async (host, engine) => {
      await host.fault({ step_seconds: 0.05 });
      const run = runOf();
      const work = engine.train.train(asked(), run);
      await until("it trains", () => stepOf(run) > 5);
      await host.kill();
      await sleep(200);
      await host.start();
      await work;
      expect("the result is that of an undisturbed training:", hash(run) === reference, [hash(run), reference]);
      expect("it was one run:", run.refs.length === 1, run.refs);
    },
  ],
  [
    "the trainer is killed: it goes on from its last saved step",
    async (host, engine) => {
      const { run, work } = await standing(host, engine, 20);
      for (const pid of await host.trainers()) process.kill(pid, "SIGKILL");
      await work;
      says(run, "Goes on from step 16 of 40");
      expect("the result is that of an undisturbed training:", hash(run) === reference, [hash(run), reference]);
    },
  ],
  [
    "the worker dies: the next attempt adopts the run",
    async (host, engine) => {
      const { run: dead } = await standing(host, engine, 20);
      dead.abort(reasons.fenced);
      const run = runOf({ attempt: 2, earlierRefs: dead.refs });
      const work = engine.train.train(asked(), run);
      await until("it was adopted", () => run.refs.length === 1);
      await host.openGate();
      await work;
      expect("the same run:", run.refs[0] === dead.refs[0], [run.refs, dead.refs]);
      expect("the result is that of an undisturbed training:", hash(run) === reference, [hash(run), reference]);
    },
  ],
  [
    "parked, and gone on from",
    async (host, engine) => {
      const { run: parked, work } = await standing(host, engine, 30);
      parked.abort(reasons.parked);
      await work.catch(() => undefined);
      expect("no process is left:", (await host.trainers()).length === 0, await host.trainers());
      const run = runOf({ attempt: 2, earlierRefs: parked.refs });
      await engine.train.train(asked(), run);
      says(run, "Goes on from step 24 of 40");
      expect("the result is that of an undisturbed training:", hash(run) === reference, [hash(run), reference]);
    },
  ],
  [
    "kept at the newest checkpoint",
    async (host, engine) => {
      const { run, work } = await standing(host, engine, 30);
      run.order("keep");
      await work;
      expect("24 of 40 steps:", run.made?.kind === "lora" && run.made.steps === 24 && run.made.stepsAsked === 40, run.made);
    },
  ],
  [
    "canceled: nothing of it is left",
    async (host, engine) => {
      const { run, work } = await standing(host, engine, 10);
      run.abort(reasons.canceled);
      await work.catch(() => undefined);
      expect("no process is left:", (await host.trainers()).length === 0, await host.trainers());
      const again = runOf({ attempt: 2, earlierRefs: run.refs });
      await engine.train.train(asked(), again);
      says(again, "Starts again from step 0");
    },
  ],
  [
    "out of memory: once with less, and named when that is too much as well",
    async (host, engine) => {
      await host.fault({ fault: "out_of_memory", at: 3 });
      const run = runOf();
      const failure = await engine.train.train(asked(), run).then(
        () => undefined,
        (error: unknown) => error as { code?: string },
      );
      expect("it is named:", failure?.code === "out_of_memory", failure);
      says(run, "batch 1 in place of 2");
      await host.fault({});
    },
  ],
  [
    "an order is refused with the next step",
    async (host, engine) => {
      const { run, work } = await standing(host, engine, 10);
      run.order("sample");
      await until("it is said", () => notesOf(run).join().includes("the next sample comes at step 20 of 40"));
      await host.openGate();
      await work;
    },
  ],
  [
    "everything that was planned is accepted",
    async (_host, engine) => {
      for (const family of ["sd15", "sdxl"]) {
        const { request: planned } = await engine.train.plan({
          ...{ name: "x", triggerWords: ["x y"], dataset: "biscuit", pictures: 3, family },
        });
        const run = runOf();
        await engine.train.train({ ...planned, steps: 16, saveEvery: 8, sampleEvery: 8 }, run);
        expect(`${family} is made:`, run.made?.kind === "lora" && run.made.family === family, run.made);
      }
    },
  ],
];

const venv = await gpuHostVenv();
let failed = 0;
for (const [name, check] of checks) {
  const host = await startGpuHost({ venv });
  const timings = { retry: 100, poll: 100 };
  const engine = createGpuHost({
    url: host.url,
    key: host.key,
    configured: true,
    seen: async () => true,
    waitMinutes: 1,
    vramGb: 16,
    log: silentLog,
    timings,
  });
  try {
    await check(host, engine);
    process.stdout.write(`ok    ${name}\n`);
  } catch (error) {
    failed++;
    process.stdout.write(`FAIL  ${name}: ${error instanceof Error ? error.message : String(error)}\n`);
  } finally {
    await host.close().catch((error: unknown) => {
      failed++;
      process.stdout.write(`FAIL  ${name}: ${String(error)}\n`);
    });
  }
}
process.stdout.write(`${checks.length - failed} of ${checks.length} passed\n`);
process.exit(failed > 0 ? 1 : 0);
