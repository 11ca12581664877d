/** No secret reaches a log. */
import { spawnSync } from "node:child_process";
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

it("goes on without a log when its disk is full", () => {
  const script = `
    import { openSync } from "node:fs";
    import { createLog } from ${JSON.stringify(new URL("./log.ts", import.meta.url).href)};
    const log = createLog("info", openSync("/dev/full", "w"));
    log.info({}, "one");
    log.child({ job: "a" }).error({ err: new Error("x") }, "two");
    setTimeout(() => process.stdout.write("alive"), 50);
  `;
  const child = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], { encoding: "utf8" });
  expect([child.status, child.stdout]).toEqual([0, "alive"]);
});
