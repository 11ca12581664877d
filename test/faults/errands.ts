/** What people do the whole time: they ask for pictures, voices and clips, watch, cancel, retry, bring and fetch files. */
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { isTerminal } from "../../core/job.ts";
import type { JsonObject } from "../../core/json.ts";
import type { JobView } from "../../core/view.ts";
import { sha256 } from "../harness/product.ts";
import { pick } from "../harness/random.ts";
import { hasCode, type Person } from "./person.ts";
import type { Ledger } from "./told.ts";

export interface Desk {
  person: Person;
  /** Somebody whom none of it concerns. */
  stranger: Person;
  ledger: Ledger;
  chance: () => number;
  /** Pictures of this person so far. */
  pictures: { id: string; sha256: string }[];
  count(what: string): void;
  /** Something that a client must never see. */
  wrong(text: string): void;
}

interface Wish {
  tool: string;
  input: JsonObject;
  files?: number;
}

/** Small ones: what is tested is who does them, not how. */
function wish({ chance, pictures }: Desk): Wish {
  const kind = chance();
  const size = { width: 128, height: 128 };
  const count = chance() < 0.3 ? 2 : 1;
  const source = pictures.length > 0 ? pick(pictures, chance) : undefined;
  if (kind < 0.08)
    return {
      tool: "make_clip",
      input: { script: "One, two.", prompt: "a red fox", seconds: 1, motion: 0, lip_sync: false, captions: false },
    };
  if (kind < 0.28) return { tool: "speak", input: { text: "The quick brown fox." }, files: 1 };
  if (kind < 0.44 && source) return { tool: "upscale_image", input: { image: source.id, scale: 2 }, files: 1 };
  return { tool: "render_image", input: { prompt: "a red fox in fresh snow", count, ...size }, files: count };
}

async function submit(desk: Desk, { tool, input, files }: Wish): Promise<string> {
  const { person, ledger, chance } = desk;
  const key = randomUUID();
  const about = { principal: person.name, tool, key };
  ledger.write({ told: "asked", ...about, ...(files !== undefined ? { files } : {}) });
  const ask = async (): Promise<string> => {
    const invoked = await person.persist((door, signal) => door.invoke(tool, input, { key, signal }));
    if (invoked.kind !== "job") throw new Error(`${tool} made no job`);
    ledger.write({ told: "accepted", ...about, job: invoked.job.id });
    return invoked.job.id;
  };
  const id = await ask();
  desk.count(`${tool} accepted`);
  if (chance() < 0.25) {
    desk.count("submits repeated with their key");
    const other = await ask();
    if (other !== id) desk.wrong(`the key of ${id} was answered with ${other}`);
  }
  return id;
}

/** Its events by other servers, from the first to the last. */
async function watch({ person, chance, wrong, count }: Desk, id: string, signal: AbortSignal): Promise<void> {
  let last = 0;
  let state = "";
  while (!signal.aborted && !isTerminal(state as JobView["state"])) {
    try {
      for await (const event of pick(person.doors, chance).watch(id, { after: last, signal })) {
        if (event["job"] !== id) wrong(`a watcher of ${id} was shown ${event["job"]}`);
        if (typeof event["seq"] !== "number") continue;
        if (event["seq"] !== last + 1) wrong(`a watcher of ${id} was shown event ${event["seq"]} after ${last}`);
        last = event["seq"];
        if (event["type"] === "state") state = String(event["state"]);
      }
    } catch {
      // the connection broke, or the server is away: another one goes on where it stood
    }
    await sleep(300);
  }
  if (!signal.aborted) count("watchers who saw the end on another server");
  else wrong(`a watcher of ${id} did not hear of its end, last event ${last} (${state})`);
}

async function ended({ person, ledger }: Desk, id: string): Promise<JobView> {
  for (;;) {
    const view = await person.persist((door) => door.job(id));
    if (isTerminal(view.state)) {
      ledger.write({
        ...{ told: "ended", principal: person.name, job: id, state: view.state },
        artifacts: view.artifacts.map((artifact) => artifact.id),
      });
      return view;
    }
    await sleep(700);
  }
}

async function cancel({ person, ledger, chance, count }: Desk, id: string): Promise<void> {
  await sleep(2500 * chance());
  const view = await person.persist((door) => door.cancel(id));
  ledger.write({ told: "canceled", principal: person.name, job: id, state: view.state });
  count("cancels");
}

async function retry(desk: Desk, id: string): Promise<void> {
  const { person, ledger } = desk;
  ledger.write({ told: "retried", principal: person.name, job: id });
  await person
    .persist((door, signal) => door.retry(id, signal))
    .catch((error: unknown) => {
      // the answer to the same request was lost before, or what it needs has to be done again first
      if (!hasCode(error, "conflict", "needs_failed")) throw error;
    });
  desk.count("retries");
}

/** A file is fetched from one server and brought back to another. */
export async function carry(desk: Desk): Promise<void> {
  const { person, ledger, chance, pictures } = desk;
  if (pictures.length === 0) return;
  const picture = pick(pictures, chance);
  const bytes = await person.persist(async (door) => buffer(await door.download(picture.id)).catch(brokenOff));
  desk.count("downloads");
  if (sha256(bytes) !== picture.sha256) desk.wrong(`the bytes of ${picture.id} are not those of its row`);
  const made = await person.persist((door) => door.upload("brought.png", Readable.from([bytes]), bytes.length));
  ledger.write({ told: "uploaded", principal: person.name, artifact: made.id, sha256: sha256(bytes) });
  desk.count("uploads");
}

function brokenOff(error: unknown): never {
  throw Object.assign(new Error("the download broke off", { cause: error }), { name: "AbortError" });
}

async function spy({ stranger, wrong, count }: Desk, id: string): Promise<void> {
  const seen = await stranger
    .persist((door) => door.job(id))
    .catch((error: unknown) => {
      if (!hasCode(error, "unknown_job")) throw error;
      return undefined;
    });
  if (seen) wrong(`${stranger.name} was shown ${id}, which is another's`);
  count("looks at another's job refused");
}

/** One job, from the wish to the end, with what people do meanwhile. */
export async function errand(desk: Desk): Promise<void> {
  const { chance } = desk;
  const asked = wish(desk);
  const id = await submit(desk, asked);
  const listening = new AbortController();
  const watching = chance() < 0.4 ? watch(desk, id, listening.signal) : undefined;
  if (chance() < 0.1) await spy(desk, id);
  if (chance() < 0.15) await cancel(desk, id);
  let view = await ended(desk, id);
  const patience = setTimeout(() => listening.abort(), 90_000);
  await watching;
  clearTimeout(patience);
  if (view.state !== "succeeded" && chance() < 0.6) {
    await retry(desk, id);
    view = await ended(desk, id);
  }
  if (view.state === "failed") desk.count(`failed with ${view.error?.code}`);
  if (view.state === "succeeded" && asked.tool === "render_image") {
    const first = view.artifacts[0];
    if (first) desk.pictures.push({ id: first.id, sha256: first.sha256 });
  }
}
