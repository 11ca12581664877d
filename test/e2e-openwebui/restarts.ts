/** Servers end in mid-job, politely and not: no job is canceled, each result comes once, the stuck message is repaired, and nobody types. */
import { setTimeout as sleep } from "node:timers/promises";
import { send, until } from "../harness/product.ts";
import { type Message, pictures, type Sent } from "./person.ts";
import type { Stage } from "./scene.ts";

const ended = (state: string | undefined): boolean => ["succeeded", "failed", "canceled"].includes(state ?? "");

/** One after the other. @param first what is asked for first, and keeps the others waiting. */
export async function threeJobs({ anna, running, jobs, deliveries }: Stage, first = "draw a castle on a hill"): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (const what of [first, "draw a bridge in the rain", "draw a market at noon"]) sent.push(await anna.say(what));
  await running(sent[0]?.chat ?? "");
  await until(
    async () => {
      const owed = new Set((await deliveries()).map((one) => one.job_id));
      const made = (await Promise.all(sent.map(({ chat }) => jobs(chat)))).flat();
      return made.length === 3 && made.every(({ id }) => owed.has(id));
    },
    "three deliveries are registered",
    60_000,
  );
  anna.close();
  return sent;
}

export async function look({ checks, anna, jobs, deliveries }: Stage, sent: Sent[]): Promise<void> {
  // asked at our own server, so that no visit of Open WebUI starts anything
  await until(async () => (await deliveries()).every((one) => one.state === "delivered"), "all is delivered with nobody there", 150_000);
  const made = (await Promise.all(sent.map(({ chat }) => jobs(chat)))).flat();
  checks.check("no job was canceled", made.length === 3 && made.every(({ state }) => state === "succeeded"), made);
  await sleep(3000);
  const chats = await Promise.all(sent.map(({ chat }) => anna.messages(chat)));
  const shown = chats.map((messages) => Object.values(messages).flatMap((message: Message) => pictures(message)));
  checks.check(
    "each result came exactly once",
    shown.every((urls) => urls.length === 1),
    shown,
  );
  const answers = sent.map(({ message }, index) => chats[index]?.[message]);
  const whole = (message: Message | undefined) =>
    message?.done === true && message.content !== "" && message.statusHistory?.at(-1)?.done === true;
  checks.check("no message is stuck", answers.every(whole), answers);
  const opened = await Promise.all(shown.map(([url]) => anna.status(url ?? "")));
  checks.check(
    "the pictures open for their owner",
    opened.every((status) => status === 200),
    opened,
  );
  await anna.open();
}

/** Open WebUI alone. */
export async function openWebUiEnds(stage: Stage, signal: NodeJS.Signals): Promise<void> {
  const sent = await threeJobs(stage);
  const canceledTurns = () => stage.web.log.split("was cancelled").length;
  const before = canceledTurns();
  await stage.web.stop(signal);
  await until(
    async () => (await Promise.all(sent.map(({ chat }) => stage.jobs(chat)))).flat().every(({ state }) => ended(state)),
    "the jobs end without it",
    180_000,
  );
  const heard = canceledTurns() > before;
  stage.checks.note(`${signal}: Open WebUI ${heard ? "canceled its turns" : "canceled no turn"} while it ended`);
  await stage.web.start();
  await look(stage, sent);
}

/** Our server alone; the turns are taken up again. */
export async function studioEnds(stage: Stage, signal: NodeJS.Signals): Promise<void> {
  const sent = await threeJobs(stage);
  const pids = await stage.product.servers();
  for (const pid of pids) send(pid, signal);
  await until(async () => (await stage.product.servers()).length === 0, "our server is gone", 60_000);
  await stage.product.start();
  await look(stage, sent);
}

export async function bothEnd(stage: Stage): Promise<void> {
  const sent = await threeJobs(stage);
  for (const pid of await stage.product.servers()) send(pid, "SIGKILL");
  await stage.web.stop("SIGKILL");
  await until(async () => (await stage.product.servers()).length === 0, "our server is gone", 60_000);
  // Open WebUI first: it has to bear that we are not there yet
  await stage.web.start();
  await stage.product.start();
  await look(stage, sent);
}
