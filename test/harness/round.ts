/** One round: work is asked for, something is killed at a boundary, what an operator would do is done, and everything must still end once. */
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../core/failure.ts";
import { isTerminal } from "../../core/job.ts";
import type { Asked } from "./audit.ts";
import type { Boundary, Mark, Studio } from "./studio.ts";

export interface Target {
  readonly name: string;
  /** It lets what runs go on for a while: that a boundary is passed after the strike is then no miss. */
  readonly gentle?: true;
  /** Strikes; resolves when it is dead. */
  strike(studio: Studio, round: number): Promise<void>;
  /** What a supervisor or a person then does. */
  mend(studio: Studio): Promise<void>;
}

export interface Round {
  asked: Asked[];
  /** Undefined where the server had passed the boundary before the kill. */
  hit: Mark | undefined;
  /** True where it was the job of the chat turn that stood at the boundary. */
  midChat: boolean;
  /** Seconds from the kill to the first answer, and to the end of the last job. */
  answered: number;
  ended: number;
  /** Requests sent again with the same key, and chat turns asked for again because the client's own patience was over. */
  resent: number;
  chatAgain: number;
  chat: string[];
  /** Errors that the person in mid-chat was shown, before it went well. */
  shown: string[];
}

const size = { width: 256, height: 256 };
const deadline = 120_000;

/** As a client that wants its job: the same key until there is an answer. */
async function submit(studio: Studio, { key, pictures }: Asked, on: { again(): void }): Promise<string> {
  for (const end = Date.now() + deadline; ; await sleep(200)) {
    try {
      const input = { prompt: `a fox, ${key}`, count: pictures, ...size };
      const invoked = await studio.client.invoke("render_image", input, { key });
      if (invoked.kind !== "job") throw new Error("render_image made no job");
      return invoked.job.id;
    } catch (error) {
      if (!(error instanceof Failure) || !error.retryable || Date.now() > end) throw error;
      on.again();
    }
  }
}

/** A person in mid-chat; returns what is wrong with what was delivered. */
async function chat(
  studio: Studio,
  { key, pictures }: Asked,
  on: { again(): void; job(id: string): void; shown: string[] },
): Promise<string[]> {
  const got = new Map<string, number>();
  const text = `/render "a fox, ${key}" --count ${pictures} --size ${size.width}x${size.height}`;
  const refusals = on.shown;
  for (const end = Date.now() + deadline; Date.now() < end; await sleep(500)) {
    try {
      const request = { text, conversation: `conv-${key}`, message: `msg-${key}` };
      for await (const part of studio.client.chat(request, AbortSignal.timeout(Math.max(1, end - Date.now())))) {
        if (part.type === "job") on.job(part.job.id);
        if (part.type === "artifact") got.set(part.artifact.id, (got.get(part.artifact.id) ?? 0) + 1);
        if (part.type === "error") refusals.push(`${part.error.code}: ${part.error.message}`);
        if (part.type !== "done") continue;
        const states = part.jobs.map((job) => job.state).join();
        if (states !== "succeeded" || got.size !== pictures)
          // the turn ended in an error that may pass: a person asks the same again
          break;
        return [];
      }
    } catch (error) {
      if (!(error instanceof Failure) || !error.retryable) throw error;
      refusals.push(error.code);
    }
    on.again();
  }
  return [`chat ${key}: ${got.size} of ${pictures} pictures came; ${refusals.join("; ")}`];
}

export async function playRound(
  studio: Studio,
  target: Target,
  boundary: Boundary,
  round: number,
  name: string,
  nth: number,
): Promise<Round> {
  const asked: Asked[] = [
    { key: `${name}-a`, pictures: 1 },
    { key: `${name}-b`, pictures: 2 },
    { key: `${name}-chat`, pictures: 1 },
  ];
  const result: Round = { asked, hit: undefined, midChat: false, answered: 0, ended: 0, resent: 0, chatAgain: 0, chat: [], shown: [] };
  let count = 0;
  let chatJob = "";
  // before its delivery in mid-chat: the reader of that very job is the one who must not miss it
  const aimed = boundary === "published" && round % 2 === 0;
  const struck = studio.next(
    (mark) => mark.what === "boundary" && mark.name === boundary && (aimed ? mark.subject === chatJob : ++count === nth),
    60_000,
    `${boundary} is reached`,
  );
  const chatting = chat(studio, asked[2] as Asked, {
    again: () => void result.chatAgain++,
    job(id) {
      chatJob = id;
    },
    shown: result.shown,
  });
  const submitting = Promise.all(asked.slice(0, 2).map((one) => submit(studio, one, { again: () => void result.resent++ })));
  // each is waited for below; until then a failure of one must not end the process
  chatting.catch(() => undefined);
  submitting.catch(() => undefined);

  const mark = await struck;
  const began = Date.now();
  await target.strike(studio, round);
  const at = Date.now();
  const since = () => (Date.now() - at) / 1000;
  await target.mend(studio);
  const answering = (async () => {
    while ((await studio.client.job((await submitting)[0] as string).catch(() => undefined)) === undefined && since() < 90) await sleep(50);
    result.answered = since();
  })();
  const ids = await submitting;
  await answering;
  result.chat = await chatting;
  for (const id of ids)
    while (!isTerminal((await studio.client.job(id).catch(() => ({ state: "queued" as const }))).state)) {
      if (since() > deadline / 1000) throw new Error(`${id} did not end within ${deadline / 1000} s`);
      await sleep(100);
    }
  result.ended = since();
  // what the server says by itself it did before the strike is no hit
  const passed = studio.marks.find(
    (one) => one.what === "passed" && one.name === mark.name && one.subject === mark.subject && one.at >= mark.at,
  );
  if (!passed || passed.at >= (target.gentle ? began : at)) result.hit = mark;
  result.midChat = mark.subject === chatJob;
  return result;
}
