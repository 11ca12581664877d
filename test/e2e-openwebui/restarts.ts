/** Servers end in mid-job, politely and not: no job is canceled, each result comes once, the stuck message is repaired, and nobody types. */
import { setTimeout as sleep } from "node:timers/promises";
import { send, until } from "../harness/product.ts";
import { type Message, pictures, type Sent } from "./person.ts";
import type { Stage } from "./scene.ts";

const ended = (state: string | undefined): boolean => ["succeeded", "failed", "canceled"].includes(state ?? "");

async function threeJobs({ anna, running, jobs, deliveries }: Stage): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (const what of ["a castle on a hill", "a bridge in the rain", "a market at noon"]) sent.push(await anna.say(`draw ${what}`));
  await running(sent[0]?.chat ?? "");
  await until(
    async () => {
      const owed = new Set((await deliveries()).map((one) => one.job_id));
      const made = (await Promise.all(sent.map(({ chat }) => jobs(chat)))).flat();
      return made.length === 3 && made.every(({ id }) => owed.has(id));
    },
    "three deliveries are registered",
    20_000,
  );
  anna.close();
  return sent;
}

async function look({ checks, anna, jobs, deliveries }: Stage, sent: Sent[]): Promise<void> {
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
    90_000,
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
  await until(async () => (await stage.product.servers()).length === 0, "our server is gone", 30_000);
  await stage.product.start();
  await look(stage, sent);
}

export async function bothEnd(stage: Stage): Promise<void> {
  const sent = await threeJobs(stage);
  for (const pid of await stage.product.servers()) send(pid, "SIGKILL");
  await stage.web.stop("SIGKILL");
  await until(async () => (await stage.product.servers()).length === 0, "our server is gone", 30_000);
  // Open WebUI first: it has to bear that we are not there yet
  await stage.web.start();
  await stage.product.start();
  await look(stage, sent);
}

const isRestartNote = (message: Message | undefined): boolean => /restarted before this was begun/.test(message?.content ?? "");

/** Killed at any moment, also before the jobs exist. `E2E_KILLS` runs. */
export async function randomKills(stage: Stage): Promise<void> {
  const { checks, anna, web, jobs } = stage;
  const runs = Number(process.env["E2E_KILLS"] ?? "2");
  let [pictured, told] = [0, 0];
  for (let run = 0; run < runs; run++) {
    const sent: Sent[] = [];
    for (const what of ["a tower", "a garden", "a ship"]) sent.push(await anna.say(`draw ${what}`));
    // the first time at once: most likely before there is any job
    const moment = run === 0 ? 0 : Math.round(Math.random() * 3000);
    await sleep(moment);
    anna.close();
    const signal = run % 2 === 0 ? "SIGKILL" : "SIGTERM";
    await web.stop(signal);
    await web.start();
    for (const one of sent) {
      const answer = await anna.done(one, 150_000);
      const made = await jobs(one.chat);
      const all = await until(
        async () => {
          const messages = Object.values(await anna.messages(one.chat));
          return made.length === 0 || messages.some((message) => pictures(message).length > 0) ? messages : undefined;
        },
        `the picture of ${one.chat} comes`,
        120_000,
      );
      const shown = all.flatMap((message) => pictures(message));
      const good = made.length === 0 ? isRestartNote(answer) : shown.length === 1 && made.every(({ state }) => state === "succeeded");
      if (made.length === 0) told++;
      else pictured++;
      checks.check(`run ${run + 1}, ${signal} after ${moment} ms: one picture, or words where no job was begun`, good, { made, all });
    }
    await anna.open();
  }
  checks.note(`${runs} runs: ${pictured} pictures delivered once, ${told} turns told that they were not begun`);
}
