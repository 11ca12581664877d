/** A server that is gone is brought back, however often that fails; and not after the end. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rememberingLog, until } from "../bullmq/testing/help.ts";
import type { Server } from "./running.ts";
import { supervise } from "./supervise.ts";

let data: string;
const children: ChildProcess[] = [];

/** Any process in that folder passes for a server. */
function server(): Server & { child: ChildProcess } {
  const child = spawn("sleep", ["600"], { cwd: data, stdio: "ignore" });
  children.push(child);
  return { child, pid: child.pid as number, data, url: "postgres://owner:secret@127.0.0.1:54321/owner" };
}

async function kill({ child }: { child: ChildProcess }): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

beforeEach(async () => {
  data = await realpath(await mkdtemp(join(tmpdir(), "spin-supervise-")));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(data, { recursive: true, force: true });
});

describe.runIf(process.platform === "linux")("the supervisor", () => {
  it("starts a killed server again on the same port, also after starts that failed", async () => {
    const log = rememberingLog();
    const first = server();
    const ports: number[] = [];
    const supervisor = supervise(
      first,
      async (port) => {
        ports.push(port);
        if (ports.length < 3) throw new Error("disk full");
        return server();
      },
      log,
    );
    await kill(first);
    await until("it is back", () => supervisor.current() !== first);
    expect(ports).toEqual([54321, 54321, 54321]);
    expect(log.lines.filter((line) => line.text === "the database server could not be started again")).toHaveLength(2);
    expect(log.lines.at(-1)?.text).toBe("the database server is back");
    await supervisor.end();
  });

  it("starts nothing once it has ended, and waits for a start that is under way", async () => {
    const first = server();
    let started = () => {};
    const begun = new Promise<void>((resolve) => {
      started = resolve;
    });
    let finish = () => {};
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let starts = 0;
    const supervisor = supervise(
      first,
      async () => {
        starts++;
        started();
        await held;
        return server();
      },
      rememberingLog(),
    );
    await kill(first);
    await begun;
    const ending = supervisor.end();
    finish();
    await ending;
    const second = supervisor.current() as ReturnType<typeof server>;
    expect(second).not.toBe(first);
    await kill(second);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(starts).toBe(1);
  });
});
