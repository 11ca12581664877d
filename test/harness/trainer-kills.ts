/** `npm run trainer:kills -- --runs 50 --seed 1`: trainer, gpu-host and worker die at random steps; each training must end as an undisturbed one, or say that it began anew. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { silentLog } from "../../core/log.ts";
import { createGpuHost } from "../../workers/engines/gpu-host/gpu-host.ts";
import { notesOf, request, runOf } from "../../workers/engines/gpu-host/testing/setup.ts";
import type { TestRun } from "../../workers/engines/testing/run.ts";
import { reasons } from "../../workers/stop.ts";
import { gpuHostVenv, startGpuHost } from "./gpu-host.ts";
import { random } from "./random.ts";

const { values } = parseArgs({ options: { runs: { type: "string", default: "50" }, seed: { type: "string", default: "1" } } });
const [runs, seed] = [Number(values.runs), Number(values.seed)];
const next = random(seed);
const steps = 40;
const targets = ["trainer", "gpu-host", "both", "worker", "worker and trainer", "parked"] as const;

const count = new Map<string, number>();
const tally = (what: string) => void count.set(what, (count.get(what) ?? 0) + 1);

const host = await startGpuHost({ venv: await gpuHostVenv() });
await host.fault({ step_seconds: 0.08 });
const engine = createGpuHost({
  ...{ url: host.url, key: host.key, configured: true, seen: async () => true, waitMinutes: 1, vramGb: 16, log: silentLog },
  timings: { retry: 50, poll: 50 },
});
const asked = request({ steps, saveEvery: 8, sampleEvery: 20 });
const weights = (run: TestRun) =>
  createHash("sha256")
    .update(run.saved.find(({ name }) => name.endsWith(".safetensors"))?.bytes.subarray(-64) ?? "")
    .digest("hex");

/** One worker's life with the job: until the work ends, or it is struck down. */
async function life(job: string, attempt: number, refs: string[], target: (typeof targets)[number] | undefined): Promise<TestRun> {
  const run = runOf({ attempt, earlierRefs: refs });
  run.job.id = job;
  const work = engine.train.train(asked, run);
  const ended = work.then(
    () => true,
    () => true,
  );
  if (target === undefined) {
    await work;
    return run;
  }
  const at = Math.floor(next() * (steps - 2));
  const deadline = Date.now() + 60_000;
  while ((run.reported.at(-1)?.step ?? 0) < at && Date.now() < deadline && !(await Promise.race([ended, sleep(10, false)])));
  if (target.startsWith("worker")) run.abort(reasons.fenced);
  if (target === "parked") run.abort(reasons.parked);
  if (target === "gpu-host" || target === "both") await host.kill();
  if (target === "trainer" || target === "both" || target === "worker and trainer")
    for (const pid of await host.trainers())
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // it ended meanwhile
      }
  if (target === "gpu-host" || target === "both") {
    await sleep(next() * 200);
    await host.start();
  }
  await ended;
  return run;
}

let bad = 0;
const undisturbed = await life("job_reference0000000", 1, [], undefined);
for (let index = 0; index < runs; index++) {
  const target = targets[index % targets.length] ?? "trainer";
  const job = `job_${String(index).padStart(16, "0")}`;
  const all: TestRun[] = [];
  let trouble = "";
  try {
    let last = await life(job, 1, [], target);
    all.push(last);
    for (let attempt = 2; !last.made && attempt < 6; attempt++) {
      const refs = all.flatMap((run) => run.refs).reverse();
      last = await life(job, attempt, refs, attempt === 2 && next() < 0.4 ? targets[Math.floor(next() * targets.length)] : undefined);
      all.push(last);
    }
    if (!last.made) trouble = "it was never done";
    else if (weights(last) !== weights(undisturbed)) trouble = "its result is not that of an undisturbed training";
    const notes = all.flatMap(notesOf).join("; ");
    const how = /Starts again/.test(notes)
      ? "began anew, and said so"
      : /Goes on from/.test(notes)
        ? "went on from a saved step"
        : "went on to its end";
    tally(`${target}: ${how}`);
  } catch (error) {
    trouble = error instanceof Error ? error.message : String(error);
  }
  const left = await host.trainers();
  if (left.length > 0) trouble ||= `${left.length} processes are left`;
  if (trouble) {
    bad++;
    process.stdout.write(`BAD ${index} (${target}): ${trouble}\n`);
  }
}
await host.close();
process.stdout.write(`seed ${seed}, ${runs} trainings\n`);
for (const [what, times] of [...count].sort()) process.stdout.write(`${String(times).padStart(4)}  ${what}\n`);
process.stdout.write(`${runs - bad} passed, ${bad} failed\n`);
process.exit(bad > 0 ? 1 : 0);
