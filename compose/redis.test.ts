/** The command of the stack's Redis, run on a real one: who has no password gets nothing, and nothing is thrown away. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stackOf } from "./testing/stack.ts";

const found = spawnSync("redis-server", ["--version"]).status === 0 && spawnSync("redis-cli", ["--version"]).status === 0;
const password = "0123456789abcdef0123456789abcdef";

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

describe.runIf(found)("the Redis of compose.yaml", () => {
  const folder = mkdtempSync(join(tmpdir(), "stack-redis-"));
  const { redis } = stackOf("compose.yaml").services;
  let server: ChildProcess;
  let port = 0;
  /** As it stands in the container. */
  const here = (script: string) => script.replaceAll("/run/secrets", folder).replaceAll("$$", "$");
  const cli = (...args: string[]) => spawnSync("redis-cli", ["-p", `${port}`, ...args], { encoding: "utf8" }).stdout.trim();
  const healthy = () => {
    const script = here(redis?.healthcheck?.test[1] ?? "").replace("redis-cli", `redis-cli -p ${port}`);
    return spawnSync("sh", ["-c", script]).status === 0;
  };

  beforeAll(async () => {
    writeFileSync(join(folder, "redis_password"), `${password}\n`);
    port = await freePort();
    const [shell = "", flags = "", script = ""] = (redis?.["command"] ?? []) as string[];
    const started = here(script).replace("--dir /data", `--dir ${folder} --port ${port} --bind 127.0.0.1`);
    server = spawn(shell, [flags, started], { stdio: ["ignore", "ignore", "inherit"] });
    for (const end = Date.now() + 20_000; !healthy(); await new Promise((done) => setTimeout(done, 50)))
      if (Date.now() > end) throw new Error("the health check of compose.yaml never said yes");
  }, 30_000);
  afterAll(async () => {
    const ended = new Promise((done) => server.once("exit", done));
    server.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true });
  });

  it("is the process that the engine ends, not a child of a shell", () => {
    expect(cli("-a", password, "--no-auth-warning", "info", "server")).toContain(`process_id:${server.pid}`);
  });

  it("refuses whoever has no password", () => {
    expect(cli("ping")).toMatch(/NOAUTH/);
    expect(cli("-a", "wrong", "--no-auth-warning", "ping")).toMatch(/WRONGPASS|NOAUTH/);
  });

  it("keeps what it took: AOF, written out every second, and never evicted", () => {
    const setting = (name: string) => cli("-a", password, "--no-auth-warning", "config", "get", name).split("\n")[1];
    expect([setting("appendonly"), setting("appendfsync"), setting("maxmemory-policy"), setting("maxmemory")]).toEqual([
      ...["yes", "everysec", "noeviction", String(512 * 1024 * 1024)],
    ]);
  });
});
