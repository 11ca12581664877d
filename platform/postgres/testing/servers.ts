/** The same tests on every PostgreSQL there is: the embedded 16 always, and the server of MYSPINBOT_TEST_DATABASE_URL when it is set. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, inject } from "vitest";
import { silentLog } from "../../../core/log.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../embedded-postgres/embedded-postgres.ts";
import { type Database, openPostgres } from "../open.ts";
import { createDatabase, type TestDatabase } from "./database.ts";

export interface Subject {
  /** Open, migrated, of its own for this file. */
  database(): Database;
  url(): string;
}

export function onEveryServer(body: (subject: Subject) => void): void {
  const given = process.env["MYSPINBOT_TEST_DATABASE_URL"] !== undefined;
  // without the variable the server of the test run is the embedded one
  for (const own of given ? [false, true] : [false])
    describe(own || !given ? "on the embedded PostgreSQL" : "on the PostgreSQL of MYSPINBOT_TEST_DATABASE_URL", () => {
      let folder: string | undefined;
      let server: EmbeddedPostgres | undefined;
      let test: TestDatabase | undefined;
      let database: Database | undefined;
      beforeAll(async () => {
        if (own) {
          folder = await mkdtemp(join(tmpdir(), "spin-pg-"));
          await chmod(folder, 0o711);
          server = await startEmbeddedPostgres({ folder: join(folder, "postgres"), log: silentLog, say: () => undefined });
        }
        test = await createDatabase(server?.url ?? inject("databaseUrl"));
        database = await openPostgres({ url: test.url, log: silentLog });
      });
      afterAll(async () => {
        await database?.close();
        await test?.drop();
        await server?.stop();
        if (folder) await rm(folder, { recursive: true, force: true });
      });
      const there = <T>(value: T | undefined): T => {
        if (value === undefined) throw new Error("not before the tests have begun");
        return value;
      };
      body({ database: () => there(database), url: () => there(test).url });
    });
}
