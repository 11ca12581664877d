/** `myspinbot start --lan` as a process: what a person sees, what the log keeps to itself, and that Open WebUI's request comes through. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openedToLan, readConfig } from "./config.ts";
import { freePort } from "./platform/bullmq/testing/redis-server.ts";

const root = import.meta.dirname;
let base: string;
let port: number;
const children: ChildProcess[] = [];

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "spin-lan-"));
  // as root the database runs as another user, who must pass through
  await chmod(base, 0o711);
  port = await freePort();
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await rm(base, { recursive: true, force: true, maxRetries: 5 });
});

/** Started, and what it has said when it was done with saying. */
async function start() {
  const nobody = "http://127.0.0.1:9";
  const child = spawn(process.execPath, ["--import", "tsx", join(root, "main.ts"), "start", "--lan"], {
    cwd: root,
    env: {
      ...{ PATH: process.env["PATH"], HOME: base, MYSPINBOT_DATA: join(base, "data"), MYSPINBOT_PORT: `${port}` },
      ...{ COMFYUI_URL: nobody, OLLAMA_URL: nobody },
    },
  });
  children.push(child);
  const heard = { out: "", said: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    heard.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    heard.said += text;
  });
  const done = /For yourself on another machine|myspinbot key revoke|error:/;
  for (const end = Date.now() + 50_000; !done.test(heard.said); await sleep(20))
    if (Date.now() > end || child.exitCode !== null) throw new Error(`it did not come up:\n${heard.out}${heard.said}`);
  return {
    ...heard,
    async stop() {
      const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      return ended;
    },
  };
}

function status(host: string, key?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { host: `${host}:${port}`, ...(key ? { authorization: `Bearer ${key}` } : {}) };
    request({ host: "127.0.0.1", port, path: "/v1/jobs", headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });
}

it("makes one key, shows it once and logs it never; names of this machine are served, others are not", async () => {
  const first = await start();
  const keys = new Set(first.said.match(/spin_[\w-]+/g));
  const [key = ""] = keys;
  // one key and no other: nothing to confuse it with
  expect(keys.size).toBe(1);
  expect(first.out).not.toContain("spin_");
  expect(first.said).toContain(`MYSPINBOT_KEY=${key} OPENWEBUI_PASSWORD=… npm run openwebui:install`);
  expect(first.said).toContain(`--server http://host.docker.internal:${port}`);
  const logged = first.said.split("\n").filter((line) => line.startsWith("{"));
  expect(logged.length).toBeGreaterThan(0);
  expect(logged.join("\n")).not.toContain(key.slice(-43));

  for (const name of ["host.docker.internal", hostname().toLowerCase(), "127.0.0.1"])
    expect([name, await status(name, key), await status(name)]).toEqual([name, 200, 401]);
  expect(await status("evil.example.org", key)).toBe(403);
  expect(await first.stop()).toBe(0);

  const second = await start();
  expect(second.said).not.toContain("spin_");
  expect(second.said).toContain("Open WebUI has its key already");
  expect(await status("host.docker.internal", key)).toBe(200);
  expect(await second.stop()).toBe(0);
}, 120_000);

it("listens on every address, unless MYSPINBOT_HOST says otherwise, and wants a key from everybody in any case", () => {
  const home = { HOME: "/home/june", MYSPINBOT_ALLOWED_HOSTS: "studio.lan" };
  const names = ["192.168.1.5", "studio.lan"];
  expect(openedToLan(readConfig(home, 1000), home, names)).toMatchObject({
    ...{ host: "0.0.0.0", loopback: false, allowedHosts: ["studio.lan", "192.168.1.5"] },
  });
  const kept = { ...home, MYSPINBOT_HOST: "127.0.0.1" };
  expect(openedToLan(readConfig(kept, 1000), kept, names)).toMatchObject({ host: "127.0.0.1", loopback: false });
});
