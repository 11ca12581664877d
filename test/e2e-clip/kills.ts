/** `kill -9` of whatever works at each stage of a clip, and of the database; after the next start the clip ends, once. */
import { setTimeout as sleep } from "node:timers/promises";
import { isTerminal } from "../../core/job.ts";
import type { JobView } from "../../core/view.ts";
import { send, until } from "../harness/product.ts";
import { stagesOf } from "./scenes.ts";
import { of, type Stage, words } from "./stage.ts";

const targets = ["voice", "picture", "motion", "lips", "clip"] as const;

async function newest({ product }: Stage, known: ReadonlySet<string>): Promise<JobView | undefined> {
  return (await product.client.jobs(20)).find(({ id, tool }) => tool === "make_clip" && !known.has(id));
}

/** The job of a stage while it runs; what is over before it is seen counts as reached. */
async function reached(stage: Stage, clip: JobView, target: (typeof targets)[number]): Promise<JobView> {
  const id = target === "clip" ? clip.id : (clip.stages?.[target] ?? "");
  return until(
    async () => {
      const job = await stage.product.client.job(id);
      return job.state !== "queued" ? job : undefined;
    },
    `${target} is at work`,
    180_000,
  );
}

async function strike(stage: Stage, database: boolean): Promise<void> {
  const { product } = stage;
  const pids = database ? (await product.postgresProcesses()).slice(0, 1) : await product.servers();
  for (const pid of pids) send(pid, "SIGKILL");
  if (database) return;
  await until(async () => (await product.servers()).length === 0, "the server is gone");
  await product.start();
}

export async function killedAtEveryStage(stage: Stage): Promise<void> {
  const { checks, product } = stage;
  for (const [at, target] of [...targets, "lips" as const].entries()) {
    const database = at === targets.length;
    const name = `${database ? "the database" : "the server"} at the ${target}`;
    const chat = `conv-kill-${at}`;
    const known = new Set((await product.client.jobs(200)).map(({ id }) => id));
    const asked = await stage.say(chat, `/clip "hello number ${at}" --prompt "a wizard" --seconds 3`);
    if (!checks.check(`${name}: it is asked about`, of(asked, "question").length === 1, words(asked))) continue;
    // the stream breaks with the server: the job must not
    const talking = stage.say(chat, "yes").catch(() => []);
    const clip = await until(() => newest(stage, known), "the clip is accepted", 60_000);
    const struck = await reached(stage, clip, target);
    await strike(stage, database);
    await talking;
    const ended = await until(
      async () => {
        const job = await product.client.job(clip.id).catch(() => undefined);
        return job && isTerminal(job.state) ? job : undefined;
      },
      `${name}: the clip ends`,
      240_000,
    );
    checks.check(`${name} (${struck.state}): the clip succeeds`, ended.state === "succeeded", ended.error ?? ended);
    const stages = await stagesOf(stage, ended);
    const rows = await product.rows<{ job: string; files: number; ends: number }>(
      `select j.id as job, (select count(*)::int from artifacts a where a.job = j.id and coalesce(a.recipe ->> 'part', '') <> 'true') as files,
              (select count(*)::int from events e where e.job = j.id and e.type = 'state' and e.data ->> 'state' = 'succeeded') as ends
       from jobs j where j.id = any($1)`,
      [[ended.id, ...Object.values(ended.stages ?? {})]],
    );
    checks.check(
      `${name}: each of its jobs ended once, with one file`,
      rows.length === 5 && rows.every(({ files, ends }) => files === 1 && ends === 1),
      rows,
    );
    const fresh = (await product.client.jobs(200)).filter(({ id }) => !known.has(id));
    checks.check(
      `${name}: it was made by its five jobs alone`,
      fresh.length === 5,
      fresh.map(({ tool }) => tool),
    );
    const { probed } = await stage.look(ended.artifacts[0]?.id ?? "");
    checks.check(
      `${name}: it plays with sound, 3 seconds`,
      probed.audio !== undefined && probed.video !== undefined && Math.abs(probed.seconds - 3) < 0.4,
      [probed, Object.keys(stages)],
    );
    await sleep(500);
    checks.check(`${name}: no program of the old attempt is left`, (await stage.children()).length === 0, await stage.children());
  }
}
