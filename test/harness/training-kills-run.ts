/** One training that is struck once at a random step, followed to its end, and told how it came there. */
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../core/failure.ts";
import { isTerminal } from "../../core/job.ts";
import type { Json } from "../../core/json.ts";
import type { JobView } from "../../core/view.ts";
import { send, until } from "./product.ts";
import { audit, leases } from "./training-kills-audit.ts";
import type { House } from "./training-kills-house.ts";
import { isOver, type Look, lookAt, type SeenRun } from "./training-kills-look.ts";
import { diesToo, type Strike, strike } from "./training-kills-strikes.ts";

export interface Plan {
  index: number;
  struck: Strike;
  steps: number;
  saveEvery: number;
  /** From 0 to `steps`: then it is struck while its result is fetched. */
  at: number;
  stepSeconds: number;
  seed: number;
}

/** `went on`: the same attempt followed the same run; `adopted`, `found done`: a later attempt found it at work, or over. */
export const hows = ["went on", "adopted", "found done", "resumed", "began anew"] as const;
type How = (typeof hows)[number];

export interface Told {
  plan: Plan;
  /** Step of the training when it was struck. */
  step: number;
  /** Last state that was saved then; 0 for none. */
  saved: number;
  how: How;
  resumedFrom: number | undefined;
  /** Said by a job that failed, before it was retried. */
  resumeAvailable: boolean;
  attempts: number;
  /** The trainer was to die and had ended already. */
  missed: boolean;
  /** Leases on the card that nobody gave back. */
  leases: number;
  /** From the strike to the end of the job. */
  seconds: number;
  wrong: string[];
}

const endMs = 300_000;

/** Through the outage of what was struck. */
async function insist<T>(ask: () => Promise<T>, ms = 120_000): Promise<T> {
  for (const end = Date.now() + ms; ; await sleep(100)) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

/** A job by a person who says yes to what is asked first. */
export async function allowed({ stage: { product } }: House, tool: string, input: Json): Promise<JobView> {
  const invoke = () => product.client.invoke(tool, input);
  const invoked = await invoke().catch(async (error: unknown) => {
    if (!(error instanceof Failure) || !error.approval) throw error;
    await product.client.answer(error.approval.id, { yes: true, how: "dialog", values: {} });
    return invoke();
  });
  if (invoked.kind !== "job") throw new Error(invoked.text);
  return invoked.job;
}

/** What is said of a job while it runs, through every break of the connection. */
function listen({ stage: { product } }: House, id: string): { notes: Set<string>; end(): void } {
  const notes = new Set<string>();
  const ending = new AbortController();
  const hear = async () => {
    let after = 0;
    while (!ending.signal.aborted) {
      try {
        for await (const event of product.client.watch(id, { after, signal: ending.signal })) {
          if (typeof event["seq"] === "number") after = event["seq"];
          const { note } = (event["progress"] ?? event) as { note?: string };
          if (note) notes.add(note);
        }
      } catch {
        // the one that was struck may be the one that tells
      }
      await sleep(50);
    }
  };
  void hear();
  return { notes, end: () => ending.abort() };
}

/** Strikes the job's first run when it has come to the step. @returns the run as it was then, and when that was. */
async function struckAt(house: House, look: Look, job: string, { at, struck }: Plan): Promise<{ run: SeenRun; at: number }> {
  const id = `${job}-1-0`;
  const come = (what: string, step: number) =>
    until(
      async () => {
        const run = await look.run(id);
        return run && (isOver(run) || (run.state === "running" && run.step >= step)) && run;
      },
      what,
      120_000,
    );
  await come("the run is begun", 0);
  // known before: looking for it takes as long as several of its steps
  const processes = async () => {
    const found = await house.stage.host.trainers();
    return found.length > 0 && found;
  };
  const doomed = diesToo(struck) ? await until(processes, "the trainer is a process", 120_000) : [];
  const run = await come(`it comes to step ${at}`, at);
  const now = Date.now();
  await strike(house, struck, doomed);
  return { run, at: now };
}

/** Kills each trainer that is started for it until the job is over. */
async function struckDown({ stage: { host, product } }: House, id: string): Promise<void> {
  const over = async () => {
    for (const pid of await host.trainers()) send(pid, "SIGKILL");
    return isTerminal((await product.client.job(id)).state);
  };
  await until(over, "the job gives up", 120_000);
}

/** To its end; one that failed is retried once, where it says from which step that goes on. */
async function followed(house: House, id: string, told: Told): Promise<void> {
  const { client } = house.stage.product;
  for (const end = Date.now() + endMs; ; ) {
    const job = await insist(() => client.job(id));
    if (job.state === "succeeded") return;
    if (isTerminal(job.state)) {
      const says = /retry_job goes on from|retry the job: it goes on from there/.test(job.error?.message ?? "");
      if (told.resumeAvailable || !says) {
        told.wrong.push(`it ${job.state}: ${job.error?.code} ${job.error?.message}`);
        return;
      }
      told.resumeAvailable = true;
      await insist(() => client.invoke("retry_job", { job_id: id }));
    }
    if (Date.now() > end) throw new Error(`the job is ${job.state} (${JSON.stringify(job.progress)}) after ${endMs / 1000} s`);
    await sleep(100);
  }
}

/** How it went on, told by its runs: each begins at the last state of those before it, or says why it does not. */
async function judge(look: Look, job: string, notes: ReadonlySet<string>, told: Told): Promise<void> {
  const runs = await look.runs(job);
  const began = [...notes].some((note) => note.includes("Starts again from step 0"));
  let saved = 0;
  for (const [index, run] of runs.entries()) {
    const from = run.resumed_from_step;
    if (index > 0) {
      told.resumedFrom = from;
      told.how = from > 0 ? "resumed" : "began anew";
      if (from !== saved) told.wrong.push(`went on from step ${from}, the last saved one is ${saved}`);
      if (from === 0 && saved === 0 && !began) told.wrong.push("began from zero and did not say so");
    }
    saved = Math.max(saved, from, ...(await look.past(run)).saved.map(({ step }) => step));
  }
  if (runs.length === 0) told.wrong.push("gpu-host has no run of it");
  if ([...notes].some((note) => note.includes("works on another run"))) told.wrong.push("it had to wait for another's end");
}

export async function play(house: House, plan: Plan, dataset: string, placed: Map<string, string>): Promise<Told> {
  const { host } = house.stage;
  const look = lookAt(host);
  const told: Told = {
    plan,
    step: 0,
    saved: 0,
    how: "went on",
    resumedFrom: undefined,
    resumeAvailable: false,
    missed: false,
    leases: 0,
    attempts: 0,
    seconds: 0,
    wrong: [],
  };
  const sampleEvery = plan.saveEvery * 2;
  await host.fault({ step_seconds: plan.stepSeconds });
  const { id } = await allowed(house, "train_lora", {
    ...{ name: `lora ${plan.index}`, trigger_words: [`zqx${plan.index} dog`], dataset, base_model: "sd-v1-5.safetensors" },
    ...{ steps: plan.steps, rank: 4, seed: plan.seed, sample_prompts: ["a dog on a beach"] },
    settings: { save_every: plan.saveEvery, sample_every: sampleEvery },
  });
  const heard = listen(house, id);
  try {
    const { run: before, at } = await struckAt(house, look, id, plan);
    if (plan.struck.again) {
      await struckDown(house, id);
      await host.fault({});
    }
    await followed(house, id, told);
    told.seconds = (Date.now() - at) / 1000;
    // one that died says itself how far it had come; one that lived went on since
    const first = (await look.run(before.id)) ?? before;
    const died = first.failure?.code === "interrupted";
    const past = await look.past(first);
    told.step = died ? first.step : before.step;
    told.saved = Math.max(0, ...past.saved.filter((state) => died || state.at <= at).map(({ step }) => step));
    told.missed = !died && diesToo(plan.struck);
    const job = await insist(() => house.stage.product.client.job(id));
    told.attempts = job.attempt;
    if (job.attempt > 1) told.how = (past.endedAt ?? 0) < Date.parse(job.started_at ?? "") ? "found done" : "adopted";
    await judge(look, id, heard.notes, told);
    told.wrong.push(...(await audit(house, look, { job: id, steps: plan.steps, seed: plan.seed, sampleEvery }, placed)));
    told.leases = (await leases(house)).length;
  } finally {
    heard.end();
  }
  return told;
}
