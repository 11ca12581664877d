/** `kill -9` of every process at the stages of a clip: it ends, once, as the very video that it would have been. */
import { readdir } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { type Failure, toFailure } from "../../core/failure.ts";
import { isTerminal } from "../../core/job.ts";
import type { JsonObject } from "../../core/json.ts";
import type { JobView } from "../../core/view.ts";
import { until } from "../harness/product.ts";
import { decoded } from "./same.ts";
import { stagesOf } from "./scenes.ts";
import { of, type Stage, words } from "./stage.ts";
import { type StageName, type Struck, stages, strike, type Victim, victims } from "./strikes.ts";

interface Kill {
  victim: Victim;
  at: StageName;
  /** Milliseconds that it is let work before; given in the whole matrix alone, whose blows may miss. */
  after?: number;
}

/** Every stage for what holds the work and what keeps it; for the others those at which they do the most. */
const usual: readonly Kill[] = [
  // at the motion it is killed in a chat
  ...stages.filter((at) => at !== "motion").map((at): Kill => ({ victim: "server", at })),
  ...stages.map((at): Kill => ({ victim: "database", at })),
  ...victims.ffmpeg.map((at): Kill => ({ victim: "ffmpeg", at })),
  { victim: "server and database", at: "lips" },
  { victim: "reader of indexes", at: "motion" },
];

const every: readonly Kill[] = [0, 100, 250].flatMap((after) =>
  Object.entries(victims).flatMap(([victim, places]) => places.map((at): Kill => ({ victim: victim as Victim, at, after }))),
);

/** The work goes with these; a database that is away is waited for, and what is asked of a reader is asked again. */
const endsAttempts = (victim: Victim): boolean => victim === "ffmpeg" || victim.startsWith("server");

const jobAt = (clip: JobView, at: StageName): string => (at === "clip" ? clip.id : (clip.stages?.[at] ?? ""));

const idsOf = (clip: JobView): string[] => [...Object.values(clip.stages ?? {}), clip.id];

const clips = async ({ product }: Stage): Promise<JobView[]> => (await product.client.jobs(200)).filter(({ tool }) => tool === "make_clip");

const ended = ({ product }: Stage, id: string, what: string): Promise<JobView> =>
  until(
    async () => {
      const job = await product.client.job(id).catch(() => undefined);
      return job && isTerminal(job.state) ? job : undefined;
    },
    `${what}: the clip ends`,
    240_000,
  );

/** Asked for and allowed in a chat; the turn goes on beside what follows. */
async function inChat(stage: Stage): Promise<{ clip: JobView; turn: Promise<unknown> }> {
  const known = new Set((await clips(stage)).map(({ id }) => id));
  const asked = await stage.say("conv-kill", `/clip "hello from me" --prompt "a wizard" --seconds 3`);
  stage.checks.check("in a chat: it is asked about", of(asked, "question").length === 1, words(asked));
  // the stream breaks with the server: the job must not
  const turn = stage.say("conv-kill", "yes").catch(() => []);
  const clip = await until(async () => (await clips(stage)).find(({ id }) => !known.has(id)), "the clip is accepted", 60_000);
  return { clip, turn };
}

/** The same clip, seeds and all, as a recipe is run again; a person says yes to it each time. */
async function again({ product }: Stage, input: JsonObject): Promise<JobView> {
  const refusal: Failure = await product.client.invoke("make_clip", input).then(() => {
    throw new Error("nobody was asked");
  }, toFailure);
  if (!refusal.approval) throw refusal;
  await product.client.answer(refusal.approval.id, { yes: true, how: "dialog" });
  const made = await product.client.invoke("make_clip", input);
  if (made.kind !== "job") throw new Error("it is no job");
  return product.client.job(made.job.id);
}

/** What is seen and heard in what each stage made, and in the clip. */
async function shownIn(stage: Stage, clip: JobView): Promise<Record<string, string[]>> {
  const jobs = { ...(await stagesOf(stage, clip)), clip };
  const all = Object.entries(jobs).map(async ([name, { artifacts }]) => {
    return [name, await decoded(await buffer(await stage.product.client.download(artifacts[0]?.id ?? "")))] as const;
  });
  return Object.fromEntries(await Promise.all(all));
}

const differences = (one: Record<string, string[]>, other: Record<string, string[]>): string[] =>
  Object.keys(other).flatMap((name) => {
    const [lines = [], due = []] = [one[name], other[name]];
    const wrong = due.filter((line, index) => lines[index] !== line).length;
    return wrong > 0 || lines.length !== due.length ? [`${name}: ${wrong} of ${due.length} differ, ${lines.length} there`] : [];
  });

/** That nothing is there twice, and nothing is left. */
async function once({ product, checks, children }: Stage, clip: JobView, known: ReadonlySet<string>, name: string): Promise<void> {
  const rows = await product.rows<{ tool: string; attempt: number; files: number; ends: number }>(
    `select j.tool, j.attempt, (select count(*)::int from artifacts a where a.job = j.id and coalesce(a.recipe ->> 'part', '') <> 'true') as files,
            (select count(*)::int from events e where e.job = j.id and e.type = 'state' and e.data ->> 'state' = 'succeeded') as ends
     from jobs j where j.id = any($1)`,
    [idsOf(clip)],
  );
  checks.check(
    `${name}: each of its jobs ended once, with one file`,
    rows.length === 5 && rows.every(({ files, ends }) => files === 1 && ends === 1),
    rows,
  );
  const fresh = (await product.client.jobs(200)).filter(({ id }) => !known.has(id));
  checks.check(`${name}: it was made by its five jobs alone`, fresh.length === 5, fresh);
  const left = (await readdir(product.folder.path)).filter((entry) => entry.startsWith("myspinbot-"));
  checks.check(`${name}: no program and no folder of it is left`, (await children()).length === 0 && left.length === 0, [
    await children(),
    left,
  ]);
}

/** Strikes a clip that is at work. @returns undefined where the stage was over before the blow fell. */
async function struckAt(stage: Stage, clip: JobView, { victim, at, after = 0 }: Kill): Promise<Struck | undefined> {
  const job = jobAt(clip, at);
  await until(async () => (await stage.product.client.job(job)).state !== "queued", `${at} is at work`, 180_000);
  await sleep(after);
  const struck = await strike(stage, victim, at, job);
  await ended(stage, clip.id, at);
  const { finished_at, attempt } = await stage.product.client.job(job);
  const late = finished_at !== undefined && Date.parse(finished_at) > struck.at;
  const hit = struck.pids.length > 0 && late && (attempt > 1 || !endsAttempts(victim));
  return hit ? struck : undefined;
}

async function play(stage: Stage, kill: Kill, start: () => Promise<{ clip: JobView; turn?: Promise<unknown> }>): Promise<JobView> {
  const { checks, product } = stage;
  const name = `the ${kill.victim} at the ${kill.at}${kill.after ? ` after ${kill.after} ms` : ""}`;
  // what comes when the stage is over already is no blow, and is done again
  for (let tries = 1; ; tries++) {
    const known = new Set((await product.client.jobs(200)).map(({ id }) => id));
    const { clip, turn } = await start();
    const struck = await struckAt(stage, clip, kill);
    await turn;
    const end = await product.client.job(clip.id);
    if (!struck && end.state === "succeeded" && tries < 4) continue;
    const so = endsAttempts(kill.victim) ? ", and by itself given another attempt" : "";
    // a stage of a tenth of a second may be over before any blow of the whole matrix falls: said, and not counted as either
    if (!struck && kill.after !== undefined) checks.note(`NOT HIT  ${name}: over too soon in ${tries} tries`);
    else checks.check(`${name}: it was killed while it worked${so}`, struck !== undefined, end);
    checks.check(`${name}: the clip succeeds`, end.state === "succeeded", end.error ?? end);
    if (struck && kill.victim.startsWith("server"))
      checks.check(`${name}: no ffmpeg of the killed one runs when the next one is ready`, struck.left.length === 0, struck.left);
    await once(stage, end, known, name);
    return end;
  }
}

/** @param all every process at every stage, at several moments. */
export async function killedAtEveryStage(stage: Stage, all: boolean): Promise<void> {
  const { checks } = stage;
  const first = await play(stage, { victim: "server", at: "motion" }, () => inChat(stage));
  const whole = await ended(stage, (await again(stage, first.input)).id, "nothing is killed");
  checks.check("nothing is killed: the clip succeeds", whole.state === "succeeded", whole.error ?? whole);
  const due = await shownIn(stage, whole);
  checks.note(
    `compared: ${Object.entries(due)
      .map(([name, lines]) => `${name} ${lines.length}`)
      .join(", ")} decoded frames and pieces of sound`,
  );
  const same = async (clip: JobView, what: string) => {
    const wrong = differences(await shownIn(stage, clip), due);
    checks.check(`${what}: every frame and sound of every stage is the same as without`, wrong.length === 0, wrong);
  };
  await same(first, "the server at the motion, in a chat");
  for (const kill of all ? every : usual) {
    const clip = await play(stage, kill, async () => ({ clip: await again(stage, first.input) }));
    if (clip.state === "succeeded") await same(clip, `the ${kill.victim} at the ${kill.at}`);
  }
}
