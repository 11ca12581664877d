/** What a studio's everyday questions cost with a million finished jobs behind it, over the same with ten thousand, asked in turns on one server. */
import pg from "pg";
import { newId } from "../core/ids.ts";
import { silentLog } from "../core/log.ts";
import { type Database, openPostgres } from "../platform/postgres/open.ts";
import { draft, newJob } from "../platform/postgres/testing/drafts.ts";
import { seedHistory } from "../platform/postgres/testing/many-rows.ts";
import { median, type Report, table } from "./numbers.ts";
import { startServices } from "./services.ts";

const me = "bench";
const [few, many] = [10_000, 1_000_000];

const submit = async (database: Database) => (await database.jobs.accept(newJob(me, { key: newId("job") }))).job.id;

/** `prepare` is not measured. */
const questions: {
  name: string;
  bound: boolean;
  prepare?: (database: Database) => Promise<string>;
  ask(database: Database, id: string): Promise<unknown>;
}[] = [
  { name: "submit", bound: true, ask: submit },
  { name: "claim", bound: true, prepare: submit, ask: (database, id) => database.jobs.claim(id, "bench") },
  {
    name: "publish",
    bound: false,
    async prepare(database) {
      const id = await submit(database);
      await database.jobs.claim(id, "bench");
      return id;
    },
    ask: (database, id) => database.jobs.publish(id, 1, [draft(0)]),
  },
  { name: "position", bound: true, prepare: submit, ask: (database, id) => database.jobs.position(id) },
  { name: "list, newest 20", bound: true, ask: ({ jobs }) => jobs.list(me, { limit: 20 }) },
  { name: "list, from the middle", bound: true, ask: ({ jobs }) => jobs.list(me, { limit: 20, before: "job_old5000" }) },
  { name: "list, failed", bound: true, ask: ({ jobs }) => jobs.list(me, { states: ["failed"], limit: 20 }) },
  { name: "list, trainings", bound: true, ask: ({ jobs }) => jobs.list(me, { tool: "train_lora", limit: 20 }) },
  { name: "get", bound: false, ask: ({ jobs }) => jobs.get(me, "job_old5000") },
  { name: "history", bound: false, ask: ({ jobs }) => jobs.history("render_image", "comfy-sdxl") },
  { name: "what waits", bound: false, ask: ({ jobs }) => jobs.waiting() },
  { name: "files, newest 50", bound: false, ask: ({ artifacts }) => artifacts.list(me, { limit: 50 }) },
  { name: "metrics", bound: false, ask: ({ jobs, deliveries }) => Promise.all([jobs.waiting(), jobs.open(), deliveries.backlog()]) },
];

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

async function open(url: string, rows: number, say: Report["say"]): Promise<Database> {
  const database = await openPostgres({ url, log: silentLog });
  const seconds = (await timed(() => seedHistory(database.pool, { rows, principal: me }))) / 1000;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows: size } = await client.query("select pg_size_pretty(pg_database_size(current_database())) as size");
  await client.end();
  // what both have waiting alike, so that a place in line costs the same
  for (let n = 0; n < 50; n++) await submit(database);
  say(`${rows} finished jobs: ${size[0]?.size}, made in ${seconds.toFixed(0)} s`);
  return database;
}

export async function rows({ short, say, goal }: Report): Promise<void> {
  const services = await startServices(say);
  const rounds = short ? 30 : 200;
  try {
    const [small, large] = [
      await open(await services.newDatabase("few"), few, say),
      await open(await services.newDatabase("many"), short ? many / 10 : many, say),
    ] as const;
    for (const { name, bound, prepare, ask } of questions) {
      const measured: [number[], number[]] = [[], []];
      for (let round = -10; round < rounds; round++)
        for (const [at, database] of [small, large].entries()) {
          const id = (await prepare?.(database)) ?? "";
          const took = await timed(() => ask(database, id));
          // the first ones fill caches
          if (round >= 0) measured[at]?.push(took);
          if (prepare) await database.jobs.cancel(me, id);
        }
      say(
        table("ms", [
          [`${name}, ${few}`, measured[0]],
          [`${name}, ${short ? many / 10 : many}`, measured[1]],
        ]),
      );
      const ratio = median(measured[1]) / median(measured[0]);
      if (bound) goal(`${name}: many ÷ few`, ratio, "at most", 1.5);
      else say(`→ ${name}: many ÷ few: ${ratio.toFixed(2)}`);
    }
    await small.close();
    await large.close();
  } finally {
    await services.end();
  }
}
