/** Who is killed while a stage of a clip works, and how: `kill -9`, no warning. */
import { isTerminal } from "../../core/job.ts";
import { send, until } from "../harness/product.ts";
import { ffmpegs, type Program, readers } from "./programs.ts";
import type { Stage } from "./stage.ts";

export const stages = ["voice", "picture", "motion", "lips", "clip"] as const;
export type StageName = (typeof stages)[number];

/** The stages that each can be met at; `connection`: one of the database's processes, which takes all others with it. */
export const victims = {
  server: stages,
  database: stages,
  connection: stages,
  "server and database": stages,
  ffmpeg: ["motion", "lips", "clip"],
  "reader of indexes": ["voice", "motion", "lips", "clip"],
} as const satisfies Record<string, readonly StageName[]>;
export type Victim = keyof typeof victims;

/** What of an ffmpeg's command line tells that it makes the stage's video, and does not only look at something for it. */
const maker: Partial<Record<StageName, RegExp>> = { motion: / moving\.mp4$/, lips: / result\.mp4$/, clip: / clip\.mp4$/ };

/** Undefined where the job ended first. */
async function at<T>(stage: Stage, job: string, look: () => Promise<T | undefined>): Promise<T | undefined> {
  const found = await until(
    async () => (await look()) ?? (isTerminal((await stage.product.client.job(job)).state) ? ("ended" as const) : undefined),
    "what is to be killed is at work",
    120_000,
  );
  return found === "ended" ? undefined : found;
}

const making = async ({ product }: Stage, name: StageName): Promise<Program | undefined> =>
  (await ffmpegs(product)).find(({ line }) => maker[name]?.test(line));

async function pidsOf(stage: Stage, victim: Victim, name: StageName, job: string): Promise<number[]> {
  const { product } = stage;
  if (victim === "reader of indexes") return [(await at(stage, job, async () => (await readers(product)).at(-1)))?.pid ?? []].flat();
  const program = maker[name] ? await at(stage, job, () => making(stage, name)) : undefined;
  if (victim === "ffmpeg") return program ? [program.pid] : [];
  const [postmaster = [], ...others] = victim === "server" ? [] : await product.postgresProcesses();
  if (victim === "connection") return others.slice(-1);
  return [...(victim === "database" ? [] : await product.servers()), ...[postmaster].flat()];
}

export interface Struck {
  pids: number[];
  /** When, milliseconds. */
  at: number;
  /** Of these, those that a killed server had at work and that still ran when the next one was ready. */
  left: Program[];
}

/** Kills it as soon as it is at work for this job; a server is started again. */
export async function strike(stage: Stage, victim: Victim, name: StageName, job: string): Promise<Struck> {
  const { product } = stage;
  const pids = await pidsOf(stage, victim, name, job);
  const orphans = await ffmpegs(product);
  for (const pid of pids) send(pid, "SIGKILL");
  const struck = { pids, at: Date.now() };
  if (!victim.startsWith("server")) return { ...struck, left: [] };
  await until(async () => (await product.servers()).length === 0, "the server is gone");
  await product.start();
  const now = new Set((await ffmpegs(product)).map(({ pid }) => pid));
  return { ...struck, left: orphans.filter(({ pid }) => now.has(pid)) };
}
