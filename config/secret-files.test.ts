/** Secrets in files: read once, and every way in which that fails told together with all else that is wrong. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../config.ts";
import { readSecretFiles } from "./secret-files.ts";

let base: string;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "spin-secrets-"));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(base, name);
  writeFileSync(path, text);
  return path;
}
function problemsOf(env: NodeJS.ProcessEnv): string {
  try {
    readConfig({ HOME: "/home/june", ...env }, 1000);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("these settings were accepted");
}

describe("a setting that may hold a secret", () => {
  it("comes from the file that NAME_FILE names, without its last line break", () => {
    const s3 = { S3_ENDPOINT: "http://minio:9000", S3_BUCKET: "spin" };
    const config = readConfig(
      {
        ...{ HOME: "/home/june", ...s3, GPU_HOST_URL: "http://gpu:7080", A1111_URL: "http://a:7860" },
        ...{ OPENAI_BASE_URL: "http://vllm/v1", OPENAI_MODEL: "m", MYSPINBOT_TRANSCRIBE_URL: "http://w:8001" },
        MYSPINBOT_KEY_FILE: file("key", `${"k".repeat(32)}\n`),
        OPENWEBUI_USER_SECRET_FILE: file("people", `${"u".repeat(32)}\r\n`),
        DATABASE_URL_FILE: file("database", "postgresql://u:p@db/spin\n"),
        REDIS_URL_FILE: file("redis", "redis://:p@redis:6379"),
        S3_ACCESS_KEY_FILE: file("access", "a\n"),
        S3_SECRET_KEY_FILE: file("secret", "b\n"),
        GPU_HOST_KEY_FILE: file("gpu", `${"g".repeat(32)}\n`),
        A1111_AUTH_FILE: file("a1111", "june:pass\n"),
        OPENAI_API_KEY_FILE: file("openai", "o\n"),
        MYSPINBOT_TRANSCRIBE_KEY_FILE: file("transcribe", "t\n"),
      },
      1000,
    );
    expect(config).toMatchObject({
      ...{ key: "k".repeat(32), openWebUiUserSecret: "u".repeat(32), databaseUrl: "postgresql://u:p@db/spin" },
      ...{ redisUrl: "redis://:p@redis:6379", s3: { accessKey: "a", secretKey: "b" }, gpuHost: { key: "g".repeat(32) } },
      ...{ a1111: { user: "june", password: "pass" }, openai: { apiKey: "o" }, transcribe: { key: "t" } },
    });
  });

  it("keeps every other character, and a path that is empty counts as not set", () => {
    expect(readSecretFiles({ OPENAI_API_KEY_FILE: file("odd", " a=b#c \n\n") }).values).toEqual({ OPENAI_API_KEY: " a=b#c " });
    expect(readSecretFiles({ OPENAI_API_KEY_FILE: " ", REDIS_URL_FILE: "" })).toEqual({ values: {}, unread: [], problems: [] });
  });
});

describe("what is wrong with a file", () => {
  it("is told in the one message, once each, and never with a text or a path", () => {
    mkdirSync(join(base, "folder"));
    const message = problemsOf({
      MYSPINBOT_KEY_FILE: file("short", "hunter2\n"),
      DATABASE_URL_FILE: join(base, "missing-hunter3"),
      REDIS_URL_FILE: file("empty", "\n"),
      S3_ENDPOINT: "http://minio:9000",
      S3_BUCKET: "spin",
      S3_ACCESS_KEY_FILE: join(base, "folder"),
      S3_SECRET_KEY_FILE: "hunter4",
      OPENAI_API_KEY_FILE: file("both", "hunter5"),
      OPENAI_API_KEY: "hunter6",
      GPU_HOST_URL: "http://gpu:7080",
      GPU_HOST_KEY_FILE: file("lines", `${"hunter7".repeat(4)}\nsecond`),
      OPENWEBUI_USER_SECRET_FILE: file("long", "hunter8".repeat(1000)),
      ROLES: "worker",
    });
    const lines = message.split("\n").filter((line) => line.startsWith("  - "));
    expect(lines.map((line) => line.slice(4, 200).replace(/;.*/, "")).sort()).toEqual([
      "DATABASE_URL_FILE: there is no such file",
      "GPU_HOST_KEY_FILE: the file has more than one line",
      "MYSPINBOT_KEY (the text of MYSPINBOT_KEY_FILE): must have at least 16 characters",
      "OPENAI_API_KEY_FILE: OPENAI_API_KEY is set too",
      "OPENWEBUI_USER_SECRET_FILE: the file has 7000 characters, and a secret at most 4096",
      "REDIS_URL_FILE: the file is empty",
      "S3_ACCESS_KEY_FILE: it is a folder",
      "S3_SECRET_KEY_FILE: must be the absolute path of a file, such as /run/secrets/name",
    ]);
    expect(message).not.toMatch(/hunter|spin-secrets/);
  });

  it.skipIf(process.getuid?.() === 0)("may be that it may not be read", () => {
    const path = file("closed", "secret");
    chmodSync(path, 0);
    expect(readSecretFiles({ OPENAI_API_KEY_FILE: path }).problems[0]).toContain("may not be read by this user");
  });

  it("or that a setting without a secret is asked for from a file", () => {
    for (const name of ["MYSPINBOT_PORT", "S3_ENDPOINT"])
      expect(problemsOf({ [`${name}_FILE`]: "/x" })).toContain(
        `${name}_FILE: only what may hold a secret is read from a file; write the value into ${name}`,
      );
    expect(readSecretFiles({ S3_ENDPOINT_FILE: "" }).problems).toEqual([]);
  });
});
