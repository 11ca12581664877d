/** No secret reaches a log. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createLog } from "./log.ts";

it("writes JSON lines without passwords, keys and tokens", () => {
  const folder = mkdtempSync(join(tmpdir(), "spin-"));
  const file = join(folder, "log");
  const fd = openSync(file, "a");
  const log = createLog("info", fd).child({ job: "job_a" });
  log.info({ password: "hunter2", s3: { secretKey: "hunter2" }, headers: { authorization: "Bearer hunter2" } }, "hello");
  log.error({ err: new Error("connect postgres://spin:hunter2@127.0.0.1:5432/x failed") }, "no database");
  log.debug({}, "not at this level");
  closeSync(fd);
  const text = readFileSync(file, "utf8");
  rmSync(folder, { recursive: true });
  expect(text).not.toContain("hunter2");
  const lines = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { job: string; msg: string });
  expect(lines.map((line) => [line.job, line.msg])).toEqual([
    ["job_a", "hello"],
    ["job_a", "no database"],
  ]);
});
