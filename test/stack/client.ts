/**
 * What a person does with the stack through its published port; `run.sh` and `checks.sh` call it. STACK_URL and STACK_KEY say where.
 *   client.ts chat             one sentence, to a picture that is whole
 *   client.ts load FILE STOP   jobs, each asked for again with its key until it is accepted, until the file STOP is there; their ids go to FILE
 *   client.ts verify FILE      each of them: succeeded, once, and its file is whole; prints one line of JSON
 */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { ArtifactView, JobView } from "../../core/view.ts";

const { STACK_URL: url = "", STACK_KEY: key = "" } = process.env;

async function ask(path: string, body?: unknown, idempotency?: string): Promise<Response> {
  const answer = await fetch(new URL(path, url), {
    method: body === undefined ? "GET" : "POST",
    headers: {
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
      ...(idempotency ? { "idempotency-key": idempotency } : {}),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${(await answer.text()).slice(0, 300)}`);
  return answer;
}

/** Again until it answers: what is restarted is away for a while. @returns how often it was asked. */
async function insist<T>(wish: () => Promise<T>, until: () => boolean): Promise<[T | undefined, number]> {
  for (let tries = 1; ; tries++) {
    try {
      return [await wish(), tries];
    } catch (error) {
      if (until()) return [undefined, tries];
      if (process.env["STACK_LOUD"]) console.error(String(error));
      await sleep(500);
    }
  }
}

async function whole(artifact: ArtifactView): Promise<boolean> {
  const bytes = Buffer.from(await (await ask(`/v1/files/${artifact.id}/${encodeURIComponent(artifact.name)}`)).arrayBuffer());
  const png = bytes.subarray(1, 4).toString("latin1") === "PNG";
  return png && bytes.length === artifact.bytes && createHash("sha256").update(bytes).digest("hex") === artifact.sha256;
}

async function chat(): Promise<void> {
  const answer = await fetch(new URL("/v1/chat", url), {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ text: "draw a red fox in fresh snow, wide, seed 7" }),
    signal: AbortSignal.timeout(180_000),
  });
  const parts = (await answer.text()).split("\n").flatMap((line) => (line.startsWith("data:") ? [JSON.parse(line.slice(5))] : []));
  const made = parts.find((part) => part.type === "artifact");
  if (!made) throw new Error(`no picture came: ${answer.status} ${JSON.stringify(parts.slice(-3)).slice(0, 600)}`);
  console.log(`${made.artifact.name} ${made.artifact.width}x${made.artifact.height}, ${made.artifact.bytes} bytes`);
  if (!(await whole(made.artifact))) throw new Error("the picture is not what its digest says");

  const { path } = (await (await ask(`/v1/files/${made.artifact.id}/link`, {})).json()) as { path: string };
  const open = async (to: string, headers = {}) => {
    const answer = await fetch(new URL(to, url), { headers });
    // unread, it would keep this program waiting
    await answer.arrayBuffer();
    return answer.status;
  };
  const changed = path.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
  const told = [await open(path), await open(path, { range: "bytes=0-9" }), await open(changed), await open(path.split("?")[0] ?? "")];
  console.log(`${made.artifact.name}, ${made.artifact.bytes} bytes; its link, with Range, changed, without signature: ${told.join(" ")}`);
  if (told[0] !== 200 || told[1] !== 206 || (told[2] ?? 0) < 400 || (told[3] ?? 0) < 400) throw new Error(`links: ${told.join(" ")}`);
}

async function load(file: string, stop: string): Promise<void> {
  let sent = 0;
  let again = 0;
  const person = async (name: string) => {
    for (let n = 0; !existsSync(stop); n++) {
      const idempotency = `${name}-${process.pid}-${n}`;
      const input = { prompt: `a fox, ${idempotency}`, width: 256, height: 256, seed: n };
      // what was sent may have been accepted: it is asked for until it answers, also after the end
      const began = Date.now();
      const [job, tries] = await insist(
        async () => (await (await ask("/v1/jobs", { tool: "render_image", input }, idempotency)).json()) as JobView,
        () => Date.now() - began > 300_000,
      );
      again += tries - 1;
      if (!job) throw new Error(`${idempotency} was not accepted within 300 s`);
      sent++;
      appendFileSync(file, `${job.id}\n`);
      await sleep(700);
    }
  };
  await Promise.all(["ada", "bo"].map(person));
  console.log(JSON.stringify({ accepted: sent, asked_again: again }));
}

async function verify(file: string): Promise<void> {
  const ids = readFileSync(file, "utf8").trim().split("\n");
  const states: Record<string, number> = {};
  let pictures = 0;
  let broken = 0;
  let restarted = 0;
  const limit = Date.now() + 240_000;
  for (const id of ids) {
    let job: JobView | undefined;
    do {
      [job] = await insist(
        async () => (await (await ask(`/v1/jobs/${id}`)).json()) as JobView,
        () => Date.now() > limit,
      );
      if (job && ["succeeded", "failed", "canceled"].includes(job.state)) break;
      await sleep(500);
    } while (Date.now() < limit);
    states[job?.state ?? "unknown"] = (states[job?.state ?? "unknown"] ?? 0) + 1;
    if ((job?.attempt ?? 1) > 1) restarted++;
    for (const artifact of job?.artifacts ?? []) {
      pictures++;
      if (!(await whole(artifact).catch(() => false))) broken++;
    }
  }
  const jobs = ids.length;
  const all = new Set(ids).size === jobs && states["succeeded"] === jobs && pictures === jobs && broken === 0;
  console.log(JSON.stringify({ jobs, distinct: new Set(ids).size, states, pictures, broken, more_than_one_attempt: restarted }));
  if (!all) process.exitCode = 1;
}

const [verb, file = "", stop = ""] = process.argv.slice(2);
if (verb === "chat") await chat();
else if (verb === "load") await load(file, stop);
else if (verb === "verify") await verify(file);
else throw new Error("chat, load FILE STOP or verify FILE");
