/** The whole check over what `docker`, `podman`, `nvidia-smi`, `df` and `timedatectl` print, and as the command that a person runs. */
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { check } from "./check.ts";
import { init } from "./init.ts";
import type { Run } from "./run.ts";
import { secretNames } from "./secrets.ts";

const GB = 1_000_000_000 / 1024;
const df = (gb: number) => `Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 999999999 1 ${Math.round(gb * GB)} 3% /\n`;
const container = (service: string, state: string, status: string, ports = "") =>
  JSON.stringify({
    Labels: `com.docker.compose.project=myspinbot,com.docker.compose.service=${service},x=y`,
    State: state,
    Status: status,
    Ports: ports,
  });
const asDocker = {
  version: JSON.stringify({ Client: { Version: "28.1.1" }, Server: { Version: "28.1.1" } }),
  info: JSON.stringify({ DockerRootDir: "/var/lib/docker", Runtimes: { runc: {}, nvidia: {} } }),
};
/** A machine on which all is well; keys are the beginnings of command lines. */
const well: Record<string, string> = {
  "docker version": asDocker.version,
  "docker compose version": "2.35.1\n",
  "docker info": asDocker.info,
  "docker volume ls": "",
  "docker ps": "",
  "nvidia-smi": "NVIDIA GeForce RTX 4080, 550.54.14, 16376\n",
  "nvidia-ctk --version": "NVIDIA Container Toolkit CLI version 1.17.4\n",
  "df -Pk": df(120),
  "df -Pi": "Filesystem Inodes IUsed IFree IUse% Mounted on\n/dev/sda1 1000 50 950 5% /\n",
  timedatectl: "yes\n",
  git: "",
};
const machine =
  (more: Record<string, string | undefined> = {}): Run =>
  async (command, args) => {
    const line = [command, ...args].join(" ");
    const all = { ...well, ...more };
    const key = Object.keys(all)
      .filter((one) => line.startsWith(one) && all[one] !== undefined)
      .sort((a, b) => b.length - a.length)[0];
    return key === undefined ? { code: undefined, stdout: "", stderr: "" } : { code: 0, stdout: all[key] ?? "", stderr: "" };
  };

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "spin-check-"));
  writeFileSync(
    join(folder, "compose.yaml"),
    `name: myspinbot
services:
  server: { image: "quay.io/x/server:0.1.0", ports: [{ target: 1, published: "\${SERVER_PORT:-0}", host_ip: 127.0.0.1 }] }
  postgres: { image: "docker.io/library/postgres:16.14", secrets: [postgres_password] }
  comfyui: { image: "c:1", profiles: [gpu], gpus: all, volumes: ["./models:/models:ro"] }
secrets:
${secretNames.map((name) => `  ${name}: { file: ./secrets/${name} }`).join("\n")}
`,
  );
  await init({ folder, run: machine() });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const look = async (more: Record<string, string | undefined> = {}, rest: { files?: string[]; date?: number } = {}) => {
  const rows = await check({
    folder,
    run: machine(more),
    dateOf: async () => rest.date ?? Date.now(),
    ...(rest.files ? { files: rest.files } : {}),
  });
  return { rows, wrong: rows.filter(({ state }) => state !== "ok").map(({ part, state, what }) => `${part} ${state}: ${what}`) };
};

it("a machine on which all is well gets one good line a part", async () => {
  const { rows, wrong } = await look();
  expect(wrong).toEqual([]);
  expect(rows.map(({ part }) => part)).toEqual([
    "Container engine",
    "Compose",
    "Secrets",
    ".env",
    "Ports",
    "Disk",
    "GPU",
    "Folders",
    "Clock",
    "Stack",
  ]);
});

describe("from what other programs print", () => {
  it.each<[string, Record<string, string | undefined>, RegExp]>([
    ["no engine", { "docker version": undefined }, /^Container engine down: neither Docker nor Podman/],
    [
      "Docker without its daemon",
      { "docker version": JSON.stringify({ Client: { Version: "28.1.1" }, Server: null }) },
      /^Container engine down: .*does not answer/,
    ],
    [
      "podman under Docker's name",
      {
        "docker version": '{"Client":{"Version":"5.0.0","Name":"Podman Engine"}}',
        "podman version": "5.0.0\n",
        "podman-compose version": "1.3.0\n",
        "nvidia-ctk cdi list": "nvidia.com/gpu=0\n",
      },
      /^Container engine info: Podman 5\.0\.0/,
    ],
    ["no GPU", { "nvidia-smi": undefined }, /^GPU down: no NVIDIA card is seen \(there is no nvidia-smi\), and comfyui ask for one/],
    [
      "a driver of last year",
      { "nvidia-smi": "NVIDIA GeForce RTX 3060, 535.183.01, 12288\n" },
      /^GPU down: the driver 535\.183\.01 of NVIDIA GeForce RTX 3060 is too old/,
    ],
    [
      "a runtime that Docker does not know",
      { "docker info": asDocker.info.replace('"nvidia":{}', '"io.containerd":{}') },
      /^GPU down: .*Docker does not know it/,
    ],
    ["4 GB left", { "df -Pk": df(4) }, /^Disk down: 4\.0 GB are free for images and volumes/],
    ["12 GB left", { "df -Pk": df(12) }, /^Disk info: 12\.0 GB are free/],
    ["12 GB left here alone", { "df -Pk": df(12), "df -Pk /var/lib/docker": df(100) }, /^Disk info: 12\.0 GB are free for this folder/],
    [
      "one that falls over",
      { "docker ps": container("redis", "restarting", "Restarting (1) 2 seconds ago") },
      /^Stack down: redis: Restarting/,
    ],
    [
      "a start that ended in the middle",
      { "docker ps": [container("server", "running", "Up 1 hour"), container("postgres", "created", "Created")].join("\n") },
      /^Stack info: a start is half finished: 1 of 3/,
    ],
    [
      "git keeps a secret",
      { git: "secrets/.gitignore\nsecrets/myspinbot_key\n" },
      /^Secrets down: git keeps compose\/secrets\/myspinbot_key/,
    ],
  ])("%s", async (_, more, words) => {
    const { wrong } = await look(more);
    expect(wrong[0]).toMatch(words);
    expect(wrong).toHaveLength(1);
  });

  it("a clock off by an hour, by the registry that the images come from", async () => {
    expect((await look({}, { date: Date.now() + 3_600_000 })).wrong).toEqual([
      expect.stringMatching(/^Clock down: .*60 minutes behind that of quay\.io/),
    ]);
  });

  it("PostgreSQL of another major version, while its volume is there", async () => {
    const { replaceFile, textOf } = await import("./write.ts");
    await replaceFile(join(folder, "compose.yaml"), ((await textOf(join(folder, "compose.yaml"))) ?? "").replace("16.14", "18.4"), 0o644);
    expect((await look({ "docker volume ls": "myspinbot_postgres\n" })).wrong).toEqual([
      expect.stringMatching(/^Upgrade down: postgres goes from .*16\.14 to .*18\.4/),
    ]);
    expect((await look()).wrong).toEqual([expect.stringMatching(/^Upgrade info/)]);
  });

  it("nothing is asked of the card where an override takes it away", async () => {
    writeFileSync(join(folder, "cpu.yaml"), "services:\n  comfyui: { gpus: !reset null }\n");
    expect((await look({ "nvidia-smi": undefined }, { files: ["compose.yaml", "cpu.yaml"] })).wrong).toEqual([]);
    expect((await look({}, { files: ["compose.yaml", "nowhere.yaml"] })).wrong).toEqual(["Compose files down: nowhere.yaml is not there"]);
    writeFileSync(join(folder, "cpu.yaml"), "services: [\n");
    expect((await look({}, { files: ["compose.yaml", "cpu.yaml"] })).wrong[0]).toMatch(/^Compose files down: cannot be read/);
  });
});

it("before the first run it says so, and nothing is made by looking", async () => {
  rmSync(join(folder, "secrets"), { recursive: true });
  for (const name of [".env", ".state"]) rmSync(join(folder, name));
  const { wrong } = await look();
  expect(wrong.slice(0, 2)).toEqual(["Secrets down: none has been made yet", ".env down: compose/.env is not there"]);
  const { existsSync } = await import("node:fs");
  expect(["secrets", ".env", ".state"].some((name) => existsSync(join(folder, name)))).toBe(false);
});

it("as commands: init prints the key once, check ends with 1 where something stops a start, and no secret is in what it prints", async () => {
  const say = async (script: string, ...args: string[]) => {
    const root = join(import.meta.dirname, "../..");
    const child = spawn(process.execPath, ["--import", "tsx", join(root, "scripts", script), "--folder", folder, ...args], { cwd: root });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await ended, out, error };
  };
  rmSync(join(folder, "secrets"), { recursive: true });
  rmSync(join(folder, ".state"));
  const first = await say("compose-init.ts");
  const key = /MySpinBot +http:\/\/127\.0\.0\.1:4417 +access key ([0-9a-f]{48})/.exec(first.out)?.[1] ?? "missing";
  expect([first.code, key.length]).toEqual([0, 48]);
  expect((await say("compose-init.ts")).out).not.toContain(key);
  chmodSync(join(folder, "secrets"), 0o777);
  const found = await say("compose-check.ts", "--offline");
  expect(found.code).toBe(1);
  expect(found.out).toMatch(/^\d+ of these stop a start\n[\s\S]*✗ Secrets +compose\/secrets can be opened by others/);
  expect(found.out).not.toContain(key);
  expect(await say("compose-init.ts", "--profiles", "caht")).toMatchObject({ code: 1, error: expect.stringContaining("chat is nearest") });
  expect((await say("compose-init.ts", "--rotate", "redis_password")).out).toContain("redis_url: new");
});
