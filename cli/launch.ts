/** Finds the studio of a data folder, or starts it: many clients at once start one, because the folder's lock lets only one live. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../core/client.ts";
import { Failure } from "../core/failure.ts";
import { plain } from "./plain.ts";

export interface SpawnedServer {
  /** Settled with the exit code when it ends. */
  readonly exit: Promise<number | null>;
  /** What it has written to its log since it was started. */
  log(): Promise<string>;
}

export interface ConnectOptions {
  socketPath: string;
  makeClient(socketPath: string): Client;
  /** Starts `start --idle` detached. */
  spawnServer(): SpawnedServer | Promise<SpawnedServer>;
  /** Whether a living process owns the data folder. */
  lockHeld(): Promise<boolean>;
  /** What it does with it, where it is no studio: none can start until it is done. */
  copying?(): Promise<"backup" | "restore" | undefined>;
  say(text: string): void;
  /** Milliseconds until it is given up. Default 60 000. */
  patience?: number;
  /** Milliseconds between two looks. Default 100. */
  interval?: number;
  signal?: AbortSignal;
}

/** Starts that may end without reason of their own (they lost the lock to another one that then ended) before it is called a failure. */
const mostStarts = 3;

/** Undefined while nobody answers; every other trouble than that is thrown. */
async function answers(client: Client, milliseconds: number): Promise<boolean> {
  const tooLong = new AbortController();
  try {
    return await Promise.race([client.status().then(() => true), sleep(milliseconds, false, { signal: tooLong.signal })]);
  } catch (error) {
    if (error instanceof Failure && error.code === "not_running") return false;
    throw error;
  } finally {
    tooLong.abort();
  }
}

/** Failure `not_running` with the server's own words when it does not come up. */
export async function connect(options: ConnectOptions): Promise<Client> {
  const client = options.makeClient(options.socketPath);
  const patience = options.patience ?? 60_000;
  let deadline = Date.now() + patience;
  let told = false;
  let server: { spawned: SpawnedServer; code?: number | null } | undefined;
  let starts = 0;
  for (;;) {
    options.signal?.throwIfAborted();
    if (await answers(client, Math.max(1_000, deadline - Date.now()))) return client;
    const busy = await options.copying?.();
    if (busy) {
      if (!told) options.say(`A ${busy} of this studio is at work; it starts when that is done. Ctrl-C leaves.`);
      told = true;
      // one of ours that met it has ended for that alone
      server = undefined;
      // somebody is there who can leave; a program gets an answer
      if (options.signal) deadline = Date.now() + patience;
      else if (Date.now() > deadline) throw copyingFailure(busy);
      await sleep(options.interval ?? 100);
      continue;
    }
    const ended = server !== undefined && server.code !== undefined;
    if ((server === undefined || ended) && !(await options.lockHeld())) {
      if (server && (starts >= mostStarts || server.code !== 0)) throw await diedFailure(server.spawned, server.code);
      if (starts === 0) options.say("Starting the studio …");
      starts++;
      const spawned = await options.spawnServer();
      const started: NonNullable<typeof server> = { spawned };
      server = started;
      spawned.exit.then((code) => {
        started.code = code;
      });
    }
    if (Date.now() > deadline)
      throw new Failure(
        "not_running",
        `The studio does not answer after ${Math.round(patience / 1000)} s.${await lastWords(server?.spawned)} Run \`myspinbot start\` to see what it does.`,
        { retryable: true },
      );
    await sleep(options.interval ?? 100);
  }
}

const copyingFailure = (busy: "backup" | "restore") =>
  new Failure(
    "not_running",
    `The studio sleeps, and a ${busy} has its data (\`myspinbot ${busy}\`): it can start when that is done. Nothing was asked of it; try again then.`,
    { retryable: true },
  );

async function diedFailure(server: SpawnedServer, code: number | null | undefined): Promise<Failure> {
  return new Failure(
    "not_running",
    `The studio did not start (exit code ${code ?? "none, it was killed"}).${await lastWords(server)} Run \`myspinbot start\` to try again.`,
  );
}

/** The server's own error: plain lines as they are, log entries only when they are errors. */
async function lastWords(server: SpawnedServer | undefined): Promise<string> {
  const text = (await server?.log().catch(() => "")) ?? "";
  const lines = text.split("\n").flatMap((line) => {
    if (!line.startsWith("{")) return plain(line).trim() ? [plain(line)] : [];
    try {
      const entry = JSON.parse(line) as { level?: unknown; msg?: unknown };
      return Number(entry.level) >= 50 && entry.msg ? [plain(String(entry.msg))] : [];
    } catch {
      return [];
    }
  });
  return lines.length
    ? ` It says:\n${lines
        .slice(-12)
        .map((line) => `  ${line}`)
        .join("\n")}\n`
    : "";
}
