/** What our function costs Open WebUI: `/health` while twenty chats wait on renders, and the way to the first status; over a bare function in the same Open WebUI. */
import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { echoModel, installEcho } from "../test/e2e-openwebui/echo.ts";
import type { Sent } from "../test/e2e-openwebui/person.ts";
import { makeStage, type Stage } from "../test/e2e-openwebui/scene.ts";
import { setValves } from "../test/e2e-openwebui/valves.ts";
import { createChecks } from "../test/harness/checks.ts";
import { build, until } from "../test/harness/product.ts";
import { median, quantile, type Report, show, table } from "./numbers.ts";

const [chats, rounds, lookMs, pairs] = [20, 3, 15_000, 20];
const load = () => loadavg()[0]?.toFixed(1);

/** Milliseconds of each answer of `/health`, asked for every 50 ms. */
async function health({ web }: Stage): Promise<number[]> {
  const taken: number[] = [];
  for (const end = performance.now() + lookMs; performance.now() < end; await sleep(50)) {
    const begun = performance.now();
    await (await fetch(`${web.url}/health`)).arrayBuffer();
    taken.push(performance.now() - begun);
  }
  return taken;
}

/** Twenty chats that wait for what `text` asks, looked at in the middle of it, and stopped. */
async function whileWaiting(stage: Stage, text: string, model?: string): Promise<number[]> {
  const { anna } = stage;
  await anna.open();
  const sent: Sent[] = [];
  for (let chat = 0; chat < chats; chat++) sent.push(await anna.say(text, model ? { model } : {}));
  const has = (one: Sent) => anna.heard.some(({ type, message }) => type === "status" && message === one.message);
  await until(() => sent.every(has), "twenty chats wait");
  if (!model)
    await until(
      async () => (await Promise.all(sent.map(({ chat }) => stage.jobs(chat)))).every(([job]) => job && job.state !== "succeeded"),
      "each waits for its own render",
    );
  const taken = await health(stage);
  for (const { chat } of sent) await anna.stop(chat);
  for (const one of sent) await anna.done(one);
  await until(
    async () => (await Promise.all(sent.map(({ chat }) => stage.jobs(chat)))).flat().every(({ state }) => !/queued|running/.test(state)),
    "nothing is drawn any more",
  );
  return taken;
}

async function healthWhileTwentyWait(report: Report, stage: Stage): Promise<void> {
  const [idle, echo, ours]: [number[], number[], number[]] = [[], [], []];
  await setValves(stage.admin, { HOLD_SECONDS: 3600 });
  for (let round = 0; round < rounds; round++) {
    idle.push(...(await health(stage)));
    echo.push(...(await whileWaiting(stage, "wait 300", echoModel)));
    idle.push(...(await health(stage)));
    ours.push(...(await whileWaiting(stage, "/render a quiet lake --steps 150")));
    report.say(`  round ${round + 1}, load ${load()}`);
  }
  report.say(
    table("/health, ms", [
      ["nobody waits", idle],
      [`${chats} chats in a bare function`, echo],
      [`${chats} chats wait on renders`, ours],
    ]),
  );
  report.say(`  slowest: ${[idle, echo, ours].map((all) => show(Math.max(...all))).join(", ")} ms`);
  const p95 = (values: number[]) => quantile(values, 0.95);
  report.goal(`p95 while ${chats} chats wait on renders`, p95(ours), "at most", 200, " ms");
  report.say(`  p95: renders ÷ bare function ${show(p95(ours) / p95(echo))}, renders ÷ nobody ${show(p95(ours) / p95(idle))}`);
}

/** Milliseconds from the request to the first status in the open tab, and to the first that tells of a job. */
async function firstStatus({ anna }: Stage, text: string, model?: string): Promise<{ first: number; told: number | undefined }> {
  const sent = await anna.say(text, model ? { model } : {});
  await anna.done(sent);
  const statuses = anna.heard.filter(({ type, message }) => type === "status" && message === sent.message);
  const told = statuses.find(({ data }) => `${data?.["description"]}`.startsWith("Render"));
  return { first: (statuses[0]?.at ?? Number.NaN) - sent.at, told: told && told.at - sent.at };
}

async function timeToFirstStatus(report: Report, stage: Stage): Promise<void> {
  const [echo, ours, told]: [number[], number[], number[]] = [[], [], []];
  await stage.anna.open();
  for (let pair = -3; pair < pairs; pair++) {
    const both = [() => firstStatus(stage, "hello", echoModel), () => firstStatus(stage, "/render a fox --steps 1")] as const;
    // each goes first half of the time
    const second = pair % 2 === 0 ? await both[0]() : undefined;
    const mine = await both[1]();
    const bare = second ?? (await both[0]());
    if (pair < 0) continue;
    echo.push(bare.first);
    ours.push(mine.first);
    if (mine.told !== undefined) told.push(mine.told);
  }
  report.say(
    table(`ms until a status is heard, load ${load()}`, [
      ["bare function, first status", echo],
      ["ours, first status", ours],
      ["ours, first status that tells of the job", told],
    ]),
  );
  report.goal("first status: ours ÷ bare function", median(ours) / median(echo), "at most", 1.5);
  const ratios = ours.map((value, pair) => value / (echo[pair] ?? Number.NaN));
  report.say(
    `  median of the ratios of each pair: ${show(median(ratios))}; the job is told of after ${show(median(told) / median(echo))} × the bare function's first status`,
  );
}

export async function openWebUi(report: Report): Promise<void> {
  build();
  const stage = await makeStage(createChecks());
  try {
    await installEcho(stage.admin);
    await timeToFirstStatus(report, stage);
    await healthWhileTwentyWait(report, stage);
  } finally {
    await stage.end();
  }
}
