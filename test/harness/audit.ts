/** Looks at a quiet studio from outside: the HTTP API, the files folder, and the rows by a connection that may only read. */
import { createHash } from "node:crypto";
import pg from "pg";
import type { JsonObject } from "../../core/json.ts";
import { silentLog } from "../../core/log.ts";
import { noMetrics } from "../../core/ports/metrics.ts";
import { createFolderFiles } from "../../platform/files/folder.ts";
import { openPostgres } from "../../platform/postgres/open.ts";
import { sweep } from "../../workers/reconcile.ts";
import type { Studio } from "./studio.ts";

/** What a client asked for: by an idempotency key, or in a chat turn, whose own key has the message in it. */
export interface Asked {
  key: string;
  pictures: number;
}

export interface Audit {
  violations: string[];
  lost: number;
  doubled: number;
  /** Attempts that died or came too late, over all jobs of this round. */
  fenced: number;
  /** Files without a row, all of them gone after the sweep. */
  orphans: number;
}

interface JobRow {
  id: string;
  key: string;
  state: string;
  attempt: number;
}

const jobKeys = (key: string) => [key, `conv-${key}:msg-${key}:0`];

async function rowsOf<Row extends object>(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, options: "-c default_transaction_read_only=on" });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

async function digestOf(studio: Studio, id: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of await studio.client.download(id)) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { sha256: hash.digest("hex"), bytes };
}

async function checkEvents(studio: Studio, job: JobRow, pictures: number, wrong: (text: string) => void): Promise<void> {
  const events: JsonObject[] = [];
  for await (const event of studio.client.watch(job.id)) if ("seq" in event) events.push(event);
  const numbers = events.map((event) => event["seq"]);
  if (numbers.some((number, index) => number !== index + 1)) wrong(`event numbers ${numbers.join(",")}`);
  const states = events.filter((event) => event["type"] === "state").map((event) => event["state"]);
  if (states.at(-1) !== "succeeded" || states.indexOf("succeeded") !== states.length - 1) wrong(`states ${states.join(" > ")}`);
  const artifacts = events.filter((event) => event["type"] === "artifact").length;
  if (artifacts !== pictures) wrong(`${artifacts} artifact events instead of ${pictures}`);
}

async function checkArtifacts(studio: Studio, url: string, job: JobRow, pictures: number, wrong: (text: string) => void): Promise<void> {
  const view = await studio.client.job(job.id);
  if (view.state !== "succeeded") wrong(`HTTP says ${view.state}`);
  const rows = await rowsOf<{ id: string; attempt: number; ordinal: number; sha256: string; bytes: string }>(
    url,
    "select id, attempt, ordinal, sha256, bytes from artifacts where job = $1 order by ordinal",
    [job.id],
  );
  if (rows.map((row) => row.id).join() !== view.artifacts.map((artifact) => artifact.id).join())
    wrong("HTTP shows other artifacts than the rows");
  if (rows.map((row) => row.ordinal).join() !== [...Array(pictures).keys()].join())
    wrong(`artifacts ${rows.map((row) => row.ordinal).join()}`);
  for (const row of rows) {
    if (row.attempt !== job.attempt) wrong(`an artifact of attempt ${row.attempt}, the job's is ${job.attempt}`);
    const found = await digestOf(studio, row.id);
    if (found.sha256 !== row.sha256 || found.bytes !== Number(row.bytes)) wrong(`the bytes of ${row.id} are not those of its row`);
  }
}

/** Stored files without a row, before and after a sweep that spares nothing, and rows without their file. */
async function checkFiles(studio: Studio, url: string, wrong: (text: string) => void): Promise<number> {
  const files = createFolderFiles(studio.files);
  const look = async (): Promise<{ orphans: string[]; missing: string[] }> => {
    const keys = new Set((await rowsOf<{ key: string }>(url, "select storage_key as key from artifacts")).map((row) => row.key));
    const stored = new Set<string>();
    for (const prefix of ["jobs/", "uploads/"]) for await (const file of files.list(prefix)) stored.add(file.key);
    return { orphans: [...stored].filter((key) => !keys.has(key)), missing: [...keys].filter((key) => !stored.has(key)) };
  };
  const before = await look();
  const database = await openPostgres({ url, log: silentLog, migrate: false });
  const { jobs, artifacts } = database;
  const removed: string[] = [];
  const remove = async (key: string) => {
    await files.remove(key);
    // a server that looks whether it can store leaves one when it is killed, and has one for a moment while it lives
    if (!key.startsWith("checks/")) removed.push(key);
  };
  await sweep({ jobs, artifacts, files: { list: files.list, remove }, metrics: noMetrics, log: silentLog, ageMs: 0 }).finally(() =>
    database.close(),
  );
  const after = await look();
  if (removed.sort().join() !== before.orphans.sort().join())
    wrong(`the sweep removed ${removed.join(", ") || "nothing"} where ${before.orphans.join(", ") || "nothing"} had no row`);
  if (after.orphans.length > 0) wrong(`files without a row after the sweep: ${after.orphans.join(", ")}`);
  if (after.missing.length > 0) wrong(`rows without their file: ${after.missing.join(", ")}`);
  return before.orphans.length;
}

/** @param total jobs that this studio was ever asked for. */
export async function audit(studio: Studio, asked: readonly Asked[], total: number): Promise<Audit> {
  const url = await studio.postgresUrl();
  const result: Audit = { violations: [], lost: 0, doubled: 0, fenced: 0, orphans: 0 };
  for (const { key, pictures } of asked) {
    const wrong = (text: string) => void result.violations.push(`${key}: ${text}`);
    const jobs = await rowsOf<JobRow>(url, "select id, key, state, attempt from jobs where key = any($1)", [jobKeys(key)]);
    const [job] = jobs;
    if (jobs.length !== 1) wrong(`${jobs.length} jobs`);
    if (jobs.length > 1) result.doubled++;
    if (job?.state !== "succeeded") {
      result.lost++;
      wrong(`is ${job?.state ?? "nowhere"}`);
      continue;
    }
    const attempts = await rowsOf<{ outcome: string | null }>(url, "select outcome from attempts where job = $1 order by number", [job.id]);
    const outcomes = attempts.map((attempt) => attempt.outcome ?? "open");
    result.fenced += outcomes.length - 1;
    if (outcomes.at(-1) !== "succeeded" || outcomes.filter((outcome) => outcome === "succeeded").length !== 1 || outcomes.includes("open"))
      wrong(`attempts ended ${outcomes.join(", ")}`);
    await checkEvents(studio, job, pictures, wrong);
    await checkArtifacts(studio, url, job, pictures, wrong);
  }
  const [count] = await rowsOf<{ jobs: number }>(url, "select count(*)::int as jobs from jobs");
  if (count?.jobs !== total) {
    result.doubled += Math.max(0, (count?.jobs ?? 0) - total);
    result.violations.push(`${count?.jobs} jobs in all, ${total} were asked for`);
  }
  result.orphans = await checkFiles(studio, url, (text) => void result.violations.push(text));
  return result;
}
