/** `doctor` without a studio: what others run for us is looked at, because every message about it says that doctor tells. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { readConfig } from "./config.ts";
import { createDatabase, type TestDatabase } from "./platform/postgres/testing/database.ts";
import { standaloneStatus } from "./standalone.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const nowhere = { COMFYUI_URL: "http://127.0.0.1:1", OLLAMA_URL: "http://127.0.0.1:1" };
const look = async (env: Record<string, string>) => (await standaloneStatus(readConfig({ ...nowhere, ...env }), "1")).rows;

it("names a database or an S3 server that does not answer, without a word of the secrets", async () => {
  const secret = "sesame-open";
  const rows = await look({
    DATABASE_URL: `postgres://me:${secret}@127.0.0.1:1/x`,
    S3_ENDPOINT: "http://127.0.0.1:1",
    S3_BUCKET: "pictures",
    S3_ACCESS_KEY: "me",
    S3_SECRET_KEY: secret,
  });
  expect(rows.find((row) => row.part === "Database")?.state).toBe("down");
  expect(rows.find((row) => row.part === "Files")?.state).toBe("down");
  expect(JSON.stringify(rows)).not.toContain(secret);
});

it("finds a database that answers, and leaves the embedded parts to the studio", async () => {
  const rows = await look({ DATABASE_URL: database.url });
  expect(rows.find((row) => row.part === "Database")).toEqual({ part: "Database", state: "ok", what: "PostgreSQL by DATABASE_URL" });
  expect((await look({})).map((row) => row.part)).toEqual(["Studio", "Chat model", "ComfyUI", "gpu-host"]);
});

it("tells of a trainer and a LoRA folder that were set and do not work, without the key", async () => {
  const env = { GPU_HOST_URL: "http://127.0.0.1:1", GPU_HOST_KEY: "sesame-open-sesame", MYSPINBOT_LORA_FOLDER: "/proc/no-such-folder" };
  const { rows } = await standaloneStatus(readConfig({ ...nowhere, ...env }), "1", false);
  expect(rows.find((row) => row.part === "gpu-host")).toMatchObject({
    ...{ state: "down", what: "nothing listens at http://127.0.0.1:1" },
    fix: expect.stringContaining("workers/gpu-host/README.md"),
  });
  expect(rows.find((row) => row.part === "LoRA folder")).toMatchObject({ state: "down", what: expect.stringContaining("is not there") });
  expect(JSON.stringify(rows)).not.toContain("sesame");
});
