/** With a long history behind it, nothing that is asked often reads the history: the server's own plans of the very statements that are sent. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../core/ids.ts";
import { silentLog } from "../../core/log.ts";
import { type Database, openPostgres } from "./open.ts";
import { createDatabase, type TestDatabase } from "./testing/database.ts";
import { draft, newJob } from "./testing/drafts.ts";
import { seedHistory } from "./testing/many-rows.ts";

const me = "plans-me";
/** Tables that grow for ever. */
const long = ["jobs", "attempts", "events", "artifacts", "deliveries"];

interface Plan {
  "Node Type": string;
  "Relation Name"?: string;
  "Actual Rows"?: number;
  "Rows Removed by Filter"?: number;
  "Actual Loops"?: number;
  Plans?: Plan[];
}

const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

describe("with 40 000 finished jobs", () => {
  let test: TestDatabase;
  let database: Database;
  let asker: pg.Client;
  let sent: { text: string; values: unknown[] }[] = [];
  const query = pg.Client.prototype.query;

  beforeAll(async () => {
    test = await createDatabase();
    database = await openPostgres({ url: test.url, log: silentLog });
    await seedHistory(database.pool, { rows: 40_000, principal: me });
    asker = new pg.Client({ connectionString: test.url });
    await asker.connect();
    pg.Client.prototype.query = function spy(this: pg.Client, ...given: unknown[]) {
      const [config, values] = given as [string | { text?: string; values?: unknown[] }, unknown[] | undefined];
      if (this !== asker && typeof config === "object" && config.text)
        sent.push({ text: config.text, values: values ?? config.values ?? [] });
      return (query as (...all: unknown[]) => unknown).apply(this, given);
    } as typeof query;
  }, 120_000);

  afterAll(async () => {
    pg.Client.prototype.query = query;
    await asker?.end();
    await database?.close();
    await test?.drop();
  });

  /** The plans of what `work` sends, carried out and taken back. */
  async function plansOf(work: () => Promise<unknown>): Promise<{ text: string; found: Plan[] }[]> {
    sent = [];
    await work();
    const statements = sent.filter(({ text }) => /^\s*(with|select|insert|update|delete)\b/i.test(text));
    const plans = [];
    for (const { text, values } of statements) {
      await asker.query("begin");
      try {
        const { rows } = await asker.query(`explain (analyze, format json) ${text}`, values as never[]);
        plans.push({ text, found: nodes((rows[0] as { "QUERY PLAN": [{ Plan: Plan }] })["QUERY PLAN"][0].Plan) });
      } catch (error) {
        // it was carried out once: the same row again is refused
        if (!/duplicate key/.test((error as Error).message)) throw error;
      } finally {
        await asker.query("rollback");
      }
    }
    return plans;
  }

  const job = () => newJob(me, { key: newId("job") });
  const queued = async () => (await database.jobs.accept(job())).job.id;
  const lane = { families: ["comfy-sdxl", "comfy-sd15"], vramGb: 16, offloads: [] };

  const asked: [what: string, work: () => Promise<unknown>][] = [
    ["submit", async () => database.jobs.accept(job())],
    ["the same submit again", async () => database.jobs.findByKey(me, "render_image", "key-20000", "x").catch(() => undefined)],
    ["claim", async () => database.jobs.claim(await queued(), "w")],
    [
      "publish",
      async () => {
        const id = await queued();
        await database.jobs.claim(id, "w");
        await database.jobs.publish(id, 1, [draft(0)]);
      },
    ],
    ["position", async () => database.jobs.position(await queued())],
    ["a page of jobs", async () => database.jobs.list(me, { limit: 20 })],
    ["a page far back", async () => database.jobs.list(me, { limit: 20, before: "job_old20000" })],
    ["the failed ones", async () => database.jobs.list(me, { states: ["failed"], limit: 20 })],
    ["the open ones", async () => database.jobs.list(me, { states: ["queued", "running", "canceling"], limit: 200 })],
    ["the trainings", async () => database.jobs.list(me, { tool: "train_lora", limit: 20 })],
    ["a conversation's", async () => database.jobs.list(me, { conversation: "conv_4000", limit: 200 })],
    ["one job", async () => database.jobs.get(me, "job_old20000")],
    ["its events", async () => database.jobs.events("job_old20000", 0)],
    ["what others like it took", async () => database.jobs.history("render_image", "comfy-sdxl")],
    ["what waits", async () => database.jobs.waiting()],
    ["what is open", async () => database.jobs.open()],
    ["what waits for a lane", async () => database.lanes.waiting(lane)],
    ["the line", async () => database.lanes.line()],
    ["whose stage it is", async () => database.jobs.headOf(me, "job_old4")],
    ["who speaks with a voice", async () => database.jobs.speaking(me, "ast_1", "job_old4")],
    ["what will be made", async () => database.jobs.promises(me)],
    ["what may start now", async () => database.jobs.freeNeeds()],
    ["cancel", async () => database.jobs.cancel(me, await queued())],
    ["a page of files", async () => database.artifacts.list(me, { limit: 50 })],
    ["files with these bytes", async () => database.artifacts.list(me, { sha256: "0".repeat(64) })],
    ["a conversation's files", async () => database.artifacts.list(me, { conversation: "conv_4000" })],
    ["whether a stored file is named", async () => database.artifacts.isReferenced("jobs/job_old4/1/0.png")],
    ["what chats are owed", async () => database.deliveries.backlog()],
  ];

  it.each(asked)("%s reads a few rows, found by an index", async (_what, work) => {
    const plans = await plansOf(work);
    expect(plans.length).toBeGreaterThan(0);
    for (const { text, found } of plans)
      for (const node of found) {
        if (!long.includes(node["Relation Name"] ?? "")) continue;
        const loops = node["Actual Loops"] ?? 1;
        const touched = ((node["Actual Rows"] ?? 0) + (node["Rows Removed by Filter"] ?? 0)) * loops;
        expect([text, node["Node Type"], touched <= 1000]).toEqual([text, expect.not.stringMatching(/^Seq Scan$/), true]);
      }
  });
});
