/** The migrations make what the schema says, once, whoever comes first; and the indexes serve the reads they are there for. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { silentLog } from "../../core/log.ts";
import { packageRoot } from "../../core/package-root.ts";
import { openPostgres } from "./open.ts";
import { createDatabase } from "./testing/database.ts";
import { accepted, unique } from "./testing/drafts.ts";
import { onEveryServer } from "./testing/servers.ts";

const run = promisify(execFile);
const root = packageRoot();

async function contentOf(folder: string): Promise<Record<string, string>> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const texts = files.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    return [path.slice(folder.length), await readFile(path, "utf8")] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}

it("are what drizzle-kit makes of the schema: it finds nothing to add", async () => {
  const folder = await mkdtemp(join(tmpdir(), "spin-migrations-"));
  try {
    const committed = join(root, "platform/postgres/migrations");
    await cp(committed, folder, { recursive: true });
    const kit = join(root, "node_modules/drizzle-kit/bin.cjs");
    // it takes an absolute one for a relative one
    const args = [
      "generate",
      "--dialect",
      "postgresql",
      "--schema",
      join(root, "platform/postgres/schema.ts"),
      "--out",
      relative(root, folder),
    ];
    const { stdout } = await run(process.execPath, [kit, ...args], { cwd: root });
    expect(stdout).toContain("No schema changes");
    expect(await contentOf(folder)).toEqual(await contentOf(committed));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it("run once, though 4 processes open an empty database at once, and one again later", async () => {
  const test = await createDatabase();
  try {
    const migrator = join(import.meta.dirname, "testing/migrator.ts");
    const outputs = await Promise.all(
      Array.from({ length: 4 }, () => run(process.execPath, ["--import", "tsx", migrator, test.url], { cwd: root })),
    );
    for (const { stdout, stderr } of outputs) expect([stdout, stderr]).toEqual(["up to date", ""]);
    const again = await openPostgres({ url: test.url, log: silentLog });
    const { rows } = await again.pool.query("select count(*)::int as count from migrations");
    const files = (await readdir(join(root, "platform/postgres/migrations"))).filter((name) => name.endsWith(".sql"));
    expect(rows).toEqual([{ count: files.length }]);
    const locks = await again.pool.query("select 1 from pg_locks where locktype = 'advisory'");
    expect(locks.rows).toEqual([]);
    await again.close();
  } finally {
    await test.drop();
  }
});

onEveryServer(({ database }) => {
  describe("among many rows no read sorts or scans them all", () => {
    const plan = async (text: string): Promise<string> => {
      const { rows } = await database().pool.query<{ "QUERY PLAN": string }>(`explain ${text}`);
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    };

    it("jobs of a principal, history of a tool, files of a principal, what waits", async () => {
      const { pool, jobs } = database();
      const id = await accepted(jobs, unique("me"));
      await pool.query(`insert into jobs (id, principal, tool, input, title, state, family, engine, class, vram_gb, priority, request_digest, created_at, queued_at, started_at, finished_at)
        select 'job_' || n, 'p' || n % 3, 'render_image', '{}', '', 'succeeded', 'f' || n % 2, 'e', 'interactive', 1, 1, '', now(), now(), now(), now() + n * interval '1 s'
        from generate_series(1, 20000) as n`);
      await pool.query(`insert into artifacts (id, principal, job, attempt, ordinal, name, media_type, bytes, sha256, storage_key, created_at)
        select 'art_' || n, 'p' || n % 3, 'job_' || n, 1, 0, '', '', 1, '', 'k' || n, now() from generate_series(1, 20000) as n`);
      await pool.query("analyze jobs, artifacts");
      const ordered: [string, string][] = [
        ["jobs_principal", "select * from jobs where principal = 'p1' order by number desc limit 20"],
        ["jobs_principal", "select * from jobs where principal = 'p1' and number < 9000 order by number desc limit 20"],
        [
          "jobs_history",
          "select * from jobs where tool = 'render_image' and family = 'f1' and state = 'succeeded' order by finished_at desc limit 20",
        ],
        ["artifacts_principal", "select * from artifacts where principal = 'p1' order by number desc limit 50"],
      ];
      for (const [index, text] of ordered) {
        const steps = await plan(text);
        expect(steps).toContain(`Index Scan Backward using ${index}`);
        expect(steps).not.toMatch(/Sort|Seq Scan/);
      }
      for (const text of [
        "select count(*) from jobs where principal = 'p1' and state = 'queued'",
        "select * from jobs where state = 'queued' order by family, priority",
      ])
        expect(await plan(text)).not.toContain("Seq Scan");
      expect(await jobs.position(id)).toBe(1);
    });
  });
});
