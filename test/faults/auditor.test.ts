/** The auditor is believed because it finds every kind of defect that is planted in a copy of a sound studio, and nothing in the sound one. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { silentLog } from "../../core/log.ts";
import { type S3Server, startS3Server } from "../../platform/files/testing/s3-server.ts";
import type { Bucket } from "../../platform/files/testing/s3-store.ts";
import { openPostgres } from "../../platform/postgres/open.ts";
import { createDatabase, type TestDatabase } from "../../platform/postgres/testing/database.ts";
import { draft, newJob } from "../../platform/postgres/testing/drafts.ts";
import { command, fromSource, root, sha256 } from "../harness/product.ts";
import { audit } from "./auditor.ts";
import { defects, ids } from "./testing/defects.ts";
import type { Told } from "./told.ts";

let sound: TestDatabase;
let s3: S3Server;
let folder: string;
let objects: Bucket["objects"];
const told: Told[] = [];

/** Two people; of each a job that was tried twice and made two files, and of one a canceled job and an upload. */
beforeAll(async () => {
  sound = await createDatabase();
  s3 = await startS3Server();
  folder = await mkdtemp(join(tmpdir(), "spin-auditor-"));
  const bucket: Bucket = { objects: new Map(), uploads: new Map() };
  s3.buckets.set("sound", bucket);
  objects = bucket.objects;
  const put = async (key: string): Promise<{ storageKey: string; sha256: string; bytes: number }> => {
    const bytes = Buffer.from(`what is at ${key}`);
    const path = join(folder, sha256(bytes));
    await writeFile(path, bytes);
    const [piece, etag] = [{ path, bytes: bytes.length, md5: Buffer.alloc(16) }, '"0"'];
    objects.set(key, { pieces: [piece], bytes: bytes.length, etag, type: "image/png", modified: new Date() });
    return { storageKey: key, sha256: sha256(bytes), bytes: bytes.length };
  };
  const database = await openPostgres({ url: sound.url, log: silentLog });
  const { jobs, artifacts } = database;
  for (const [principal, id] of [
    ["ada", ids.ada],
    ["bo", ids.bo],
  ] as const) {
    const about = { principal, tool: "render_image", key: `key-of-${principal}` };
    told.push({ told: "asked", ...about, files: 2 }, { told: "accepted", ...about, job: id });
    await jobs.accept(newJob(principal, { id, key: about.key, input: { prompt: "a fox" } }));
    await jobs.claim(id, "a worker that dies");
    await jobs.claim(id, "another");
    const made = [await put(`jobs/${id}/2/0.png`), await put(`jobs/${id}/2/1.png`)].map((file, ordinal) => draft(ordinal, file));
    expect(await jobs.publish(id, 2, made)).toBe("published");
    told.push({ told: "ended", principal, job: id, state: "succeeded", artifacts: made.map((file) => file.id) });
  }
  const about = { principal: "ada", tool: "render_image", key: "canceled" };
  told.push({ told: "asked", ...about, files: 1 }, { told: "accepted", ...about, job: ids.canceled });
  await jobs.accept(newJob("ada", { id: ids.canceled, key: "canceled" }));
  await jobs.cancel("ada", ids.canceled);
  told.push({ told: "canceled", principal: "ada", job: ids.canceled, state: "canceled" });
  const file = await put(`uploads/${ids.upload}.png`);
  await artifacts.addUpload({
    ...{ ...file, id: ids.upload, principal: "ada", attempt: 0, ordinal: 0, name: "brought.png" },
    ...{ mediaType: "image/png", width: 1, height: 1, createdAt: new Date() },
  });
  told.push({ told: "uploaded", principal: "ada", artifact: ids.upload, sha256: file.sha256 });
  await put("installation/id");
  await database.close();
});
afterAll(async () => {
  await s3.stop();
  await sound.drop();
  await rm(folder, { recursive: true, force: true });
});

let copies = 0;

/** The same studio once more, to be spoiled. */
async function copy(): Promise<{
  env: Record<string, string>;
  list: string;
  objects: Bucket["objects"];
  sql: pg.Client;
  drop(): Promise<void>;
}> {
  const name = `copy_${new URL(sound.url).pathname.slice(1)}_${copies++}`;
  const server = new pg.Client({ connectionString: inject("databaseUrl") });
  await server.connect();
  await server.query(`create database ${name} template ${new URL(sound.url).pathname.slice(1)}`);
  const url = new URL(sound.url);
  url.pathname = `/${name}`;
  const bucket: Bucket = { objects: new Map(objects), uploads: new Map() };
  const bucketName = name.replaceAll("_", "-");
  s3.buckets.set(bucketName, bucket);
  const sql = new pg.Client({ connectionString: url.href });
  await sql.connect();
  const list = join(folder, `${name}.jsonl`);
  return {
    env: { DATABASE_URL: url.href, S3_ENDPOINT: s3.url, S3_BUCKET: bucketName, S3_ACCESS_KEY: s3.accessKey, S3_SECRET_KEY: s3.secretKey },
    list,
    objects: bucket.objects,
    sql,
    async drop() {
      await sql.end();
      await server.query(`drop database ${name} with (force)`);
      await server.end();
    },
  };
}

const write = (list: string, lines: readonly Told[]) => writeFile(list, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));

test("nothing is found in a sound studio", async () => {
  const one = await copy();
  await write(one.list, told);
  const report = await audit(one.env, one.list);
  expect(report.findings).toEqual([]);
  expect(report.looked).toEqual({ jobs: 3, artifacts: 5, events: 14, objects: 6, told: told.length });
  await one.drop();
});

test.each(defects)("$title is found as $word", async ({ word, sql, objects: spoil, told: said, says }) => {
  const one = await copy();
  try {
    if (sql) await one.sql.query(sql);
    spoil?.(one.objects);
    await write(one.list, said?.(told) ?? told);
    const { findings } = await audit(one.env, one.list);
    expect(findings).toContainEqual({ word, text: expect.stringMatching(says) });
  } finally {
    await one.drop();
  }
});

test("as a program it ends with 0 where all is well, 1 where something was found, 2 where it could not look", async () => {
  const one = await copy();
  await write(one.list, told);
  const run = async (env: Record<string, string>) => {
    const program = command(process.execPath, [...fromSource("test/faults/auditor.ts"), one.list], { cwd: root, env });
    return { code: await program.ended, stdout: program.stdout, stderr: program.stderr };
  };
  const well = await run(one.env);
  expect(well).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(well.stdout)).toMatchObject({ found: { lost: 0, doubled: 0, orphaned: 0, foreign: 0 } });
  await one.sql.query("delete from jobs");
  const spoiled = await run(one.env);
  expect(spoiled.code).toBe(1);
  expect(JSON.parse(spoiled.stdout).found.lost).toBeGreaterThan(0);
  const blind = await run({ ...one.env, S3_SECRET_KEY: "wrong" });
  expect(blind).toMatchObject({ code: 2, stdout: "" });
  expect(blind.stderr).toContain("could not look");
  await one.drop();
});
