/** What compose.yaml's postgres-exporter-setup does to a real PostgreSQL: a role that reads figures and no row, in a new volume and in an old one. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDatabase } from "../../../platform/postgres/testing/database.ts";
import { query } from "../../../platform/postgres/testing/query.ts";
import { stackOf } from "../../testing/stack.ts";

const psql = spawnSync("psql", ["--version"]).status === 0;
const { services } = stackOf("compose.yaml");
const source = readFileSync(join(import.meta.dirname, "exporter-role.sql"), "utf8");

it("is what the setup runs, as the owner, and whose role the exporter comes as", () => {
  const setup = services["postgres-exporter-setup"];
  expect(setup?.image).toBe(services["postgres"]?.image);
  expect(setup?.volumes).toEqual(["./monitoring/postgres/exporter-role.sql:/myspinbot/exporter-role.sql:ro"]);
  expect(String(setup?.["command"])).toMatch(/ON_ERROR_STOP=1 .*-U myspinbot .*-f \/myspinbot\/exporter-role\.sql$/);
  const { environment = {} } = services["postgres-exporter"] ?? {};
  expect(source).toContain(`alter role ${environment["DATA_SOURCE_USER"]} with login nosuperuser`);
  expect(source).toContain(`cat ${environment["DATA_SOURCE_PASS_FILE"]}\``);
});

describe.runIf(psql)("the role", () => {
  // one of this test: roles are the server's, and others use it too
  const role = `exporter_${process.pid}`;
  let folder: string;
  let database: Awaited<ReturnType<typeof createDatabase>>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "spin-role-"));
    database = await createDatabase();
    await query(database.url, "create table jobs (secret text)");
    await query(database.url, "insert into jobs values ('a prompt')");
  }, 120_000);
  afterAll(async () => {
    await query(database.url, `drop role if exists ${role}`).catch(() => undefined);
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  function setUp(password: string): void {
    writeFileSync(join(folder, "password"), `${password}\n`);
    const here = source
      .replaceAll("postgres_exporter_password", "password")
      .replaceAll("postgres_exporter", role)
      .replace("/run/secrets", folder);
    writeFileSync(join(folder, "role.sql"), here);
    const args = ["-X", "-q", "-v", "ON_ERROR_STOP=1", database.url, "-f", join(folder, "role.sql")];
    expect(spawnSync("psql", args, { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  }
  async function as(password: string, sql: string): Promise<unknown> {
    const url = new URL(database.url);
    [url.username, url.password] = [role, password];
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  it("reads the server's figures, other people's sessions among them, and neither a row of the studio nor what only a superuser may", async () => {
    setUp("first0123456789");
    expect(await as("first0123456789", "select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = current_user")).toEqual([
      { rolsuper: false, rolcreatedb: false, rolcreaterole: false },
    ]);
    for (const figures of ["pg_stat_activity", "pg_stat_database", "pg_settings where name = 'data_directory'"])
      expect([figures, await as("first0123456789", `select count(*) > 0 as seen from ${figures}`)]).toEqual([figures, [{ seen: true }]]);
    expect(await as("first0123456789", "select pg_database_size(current_database()) > 0 as seen")).toEqual([{ seen: true }]);
    await expect(as("first0123456789", "select * from jobs")).rejects.toThrow(/permission denied/);
    await expect(as("first0123456789", "select pg_read_file('/etc/passwd')")).rejects.toThrow(/permission denied/);
    await expect(as("first0123456789", "create temp table x (y int)")).rejects.toThrow(/read-only/);
  });

  it("is there once, however often it is set up, and takes a new password", async () => {
    setUp("first0123456789");
    setUp("second0123456789");
    const granted = `select count(*)::int as n from pg_auth_members where member = '${role}'::regrole`;
    expect(await as("second0123456789", granted)).toEqual([{ n: 1 }]);
  });
});
