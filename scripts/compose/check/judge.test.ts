/** Each finding of the check: what stops a start, what only helps to know, and the remedy that goes with it. */
import { describe, expect, it } from "vitest";
import type { StatusRow } from "../../../core/client.ts";
import { secretNames } from "../secrets.ts";
import { upgradeRows, versionOf } from "../upgrade.ts";
import { type CardFacts, cardRows } from "./card.ts";
import { clockRows } from "./clock.ts";
import { diskRows } from "./disk.ts";
import { type Engine, engineRows } from "./engine.ts";
import { envRows } from "./env.ts";
import { type MountFact, mountRows } from "./mounts.ts";
import { lookAtPort, portRows } from "./ports.ts";
import { type SecretFacts, secretRows } from "./secrets.ts";
import { type Container, stackRows } from "./stack.ts";

/** `state what → fix`, one a row. */
const said = (rows: readonly StatusRow[]) => rows.map(({ state, what, fix }) => `${state} ${what}${fix ? ` → ${fix}` : ""}`).join("\n");

describe("the engine", () => {
  const docker: Engine = { name: "docker", version: "28.1.1", compose: "2.35.0", runtimes: [] };
  it.each<[string, Engine | undefined, RegExp]>([
    ["none", undefined, /^down neither Docker nor Podman/],
    ["good", docker, /^ok Docker 28\.1\.1\nok 2\.35\.0$/],
    ["old", { ...docker, version: "20.10.5" }, /^info Docker 20\.10\.5 is older than 24/],
    ["no daemon", { ...docker, refused: "Cannot connect to the Docker daemon" }, /^down .*does not answer \(Cannot connect.*→ Start it/],
    ["no right", { ...docker, refused: "permission denied while trying to connect" }, /^down .*may not use it → sudo usermod -aG docker/],
    ["no compose", { name: "docker", version: "28.0.0", runtimes: [] }, /down `docker compose` is not there/],
    ["old compose", { ...docker, compose: "v2.20.3" }, /down v2\.20\.3 is too old: 2\.24\.4 is the least/],
    ["new compose", { ...docker, compose: "5.0.1" }, /ok 5\.0\.1/],
    ["podman", { name: "podman", version: "4.3.1", compose: "1.0.3", runtimes: [] }, /^info Podman 4\.3\.1/],
    [
      "old podman",
      { name: "podman", version: "3.4.4", runtimes: [] },
      /^down Podman 3\.4\.4 is too old: 4\.3\.0 is the least.*\ndown podman-compose is not installed/,
    ],
  ])("%s", (_, engine, words) => expect(said(engineRows(engine))).toMatch(words));
});

describe("secrets", () => {
  const hex = (name: string) => Buffer.from(`${name}0123456789abcdefghijklmnop`).toString("hex").slice(0, 40);
  const texts: Record<string, string> = Object.fromEntries(secretNames.map((name) => [name, hex(name)]));
  texts["database_url"] = `postgresql://myspinbot:${texts["postgres_password"]}@postgres:5432/myspinbot`;
  texts["redis_url"] = `redis://:${texts["redis_password"]}@redis:6379`;
  texts["s3_access_key"] = texts["minio_root_user"] as string;
  texts["s3_secret_key"] = texts["minio_root_password"] as string;
  const good: SecretFacts = {
    ...{ folderMode: 0o700, tracked: [] },
    files: Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, { kind: "file", mode: 0o444, text }])),
  };
  const nothing = { made: {}, rotating: [], images: {} };
  const of = (more: Partial<SecretFacts>, state = nothing) => said(secretRows({ ...good, ...more }, state));
  const withFile = (name: string, more: object) => ({
    files: { ...good.files, [name]: { ...good.files[name], ...more } as SecretFacts["files"][string] },
  });

  it("that are all right are one line", () => expect(of({})).toBe(`ok ${secretNames.length} files, strong, and open to you alone`));
  it("that were never made, or only in part, or got lost, are told apart", () => {
    const none = Object.fromEntries(secretNames.map((name) => [name, { kind: "absent", mode: 0 } as const]));
    expect(of({ files: none })).toBe("down none has been made yet → npm run compose:init");
    const part = { files: { ...good.files, gpu_host_key: { kind: "absent", mode: 0 } as const } };
    expect(of(part)).toMatch(/^down the first start is half finished: 15 of 16 secrets are there, compose\/secrets\/gpu_host_key missing/);
    expect(of(part, { ...nothing, made: { gpu_host_key: "2026-01-01T00:00:00.000Z" } } as typeof nothing)).toMatch(
      /^down missing: .*; made at 2026-01-01.*→ Put them back/,
    );
    expect(of(part, { ...nothing, made: { redis_url: "2026-01-01T00:00:00.000Z" } } as typeof nothing)).toMatch(
      /^down new in this version/,
    );
    expect(of({ files: { ...good.files, gpu_host_key: { kind: "file", mode: 0o444 } } })).toContain("half finished");
    const worker = { database_url: { kind: "absent", mode: 0 } as const, gpu_host_key: good.files["gpu_host_key"] as never };
    expect(of({ files: worker })).toMatch(
      /^down missing: compose\/secrets\/database_url → Copy them from compose\/secrets of the first machine/,
    );
  });
  it.each<[string, Partial<SecretFacts>, RegExp]>([
    [
      "a short one",
      withFile("gpu_host_key", { text: "abc123" }),
      /^down compose\/secrets\/gpu_host_key is weak: it has 6 characters, and needs 32 → npm run compose:init -- --rotate gpu_host_key/,
    ],
    ["a known one", withFile("grafana_password", { text: "changeme".repeat(4) }), /begins with a word that everybody tries/],
    ["a poor one", withFile("grafana_password", { text: "ab".repeat(20) }), /has only 2 different characters/],
    ["one twice", withFile("grafana_password", { text: hex("gpu_host_key") }), /grafana_password is the same as gpu_host_key/],
    [
      "two that do not fit",
      withFile("redis_url", { text: "redis://:old@redis:6379" }),
      /redis_url does not hold what compose\/secrets\/redis_password is.*→ rm compose\/secrets\/redis_url/,
    ],
    ["an open folder", { folderMode: 0o755 }, /^down compose\/secrets can be opened by others \(mode 755\) → chmod 700/],
    [
      "one that no container reads",
      withFile("redis_url", { mode: 0o600 }),
      /^down a container's user cannot read compose\/secrets\/redis_url \(mode 600\) → chmod 444/,
    ],
    ["one that others write", withFile("redis_url", { mode: 0o666 }), /^info others may write/],
    [
      "a folder",
      withFile("redis_url", { kind: "folder", text: undefined }),
      /^down a folder in place of a file: compose\/secrets\/redis_url/,
    ],
    ["one of somebody else", withFile("redis_url", { kind: "closed", text: undefined }), /^down cannot be read by you/],
    ["one that git keeps", { tracked: ["secrets/redis_url"] }, /^down git keeps compose\/secrets\/redis_url/],
  ])("%s", (_, facts, words) => {
    expect(of(facts)).toMatch(words);
    expect(of(facts)).not.toContain("abc123");
  });
});

it(".env: there, with known profiles, with every variable, without secrets, on an address that was chosen", () => {
  const model = { unset: {}, active: ["server", "worker"] };
  expect(said(envRows(undefined, model))).toBe("down compose/.env is not there → npm run compose:init");
  expect(said(envRows({ COMPOSE_PROFILES: "chat" }, model))).toBe("ok profiles chat: 2 services");
  expect(said(envRows({ COMPOSE_PROFILES: "caht" }, model))).toMatch(/^down There is no profile caht \(chat is nearest\)/);
  expect(said(envRows({}, { ...model, unset: { FOO: "make one" } }))).toMatch(/^down FOO is not set: make one/);
  expect(said(envRows({ MYSPINBOT_KEY: "hunter2", BIND_ADDRESS: "0.0.0.0" }, model))).toMatch(
    /^info MYSPINBOT_KEY look like secrets.*\ninfo BIND_ADDRESS=0\.0\.0\.0/,
  );
  expect(said(envRows({ MYSPINBOT_KEY: "hunter2" }, model))).not.toContain("hunter2");
});

describe("ports", () => {
  const port = { service: "grafana", host: "127.0.0.1", port: 3000 };
  it("that are taken by another stop a start, those that our own containers hold do not", () => {
    const facts = [{ ...port, code: "EADDRINUSE" }];
    expect(said(portRows(facts, []))).toMatch(
      /^down 127\.0\.0\.1:3000 \(grafana\) is taken by another program → Who it is: sudo ss -ltnp 'sport = :3000'/,
    );
    expect(said(portRows(facts, [3000]))).toBe("ok free: 3000");
    expect(said(portRows([{ ...port, host: "10.9.9.9", code: "EADDRNOTAVAIL" }], []))).toMatch(/^down .*EADDRNOTAVAIL.*BIND_ADDRESS/);
    expect(said(portRows([port, { ...port, service: "web", host: "0.0.0.0" }], []))).toMatch(/^down web and grafana both want/);
  });
  it("are asked of the system itself", async () => {
    const { createServer } = await import("node:net");
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const at = (server.address() as { port: number }).port;
    expect((await lookAtPort({ ...port, port: at })).code).toBe("EADDRINUSE");
    await new Promise((closed) => server.close(closed));
    expect(await lookAtPort({ ...port, port: at })).not.toHaveProperty("code");
  });
});

it("the disk: 5 GB are the least, 20 GB what a first start takes, and inodes count too", () => {
  const of = (free: number, inodesUsed?: number) =>
    said(diskRows([{ what: "images", free, ...(inodesUsed === undefined ? {} : { inodesUsed }) }]));
  expect(of(4.9e9)).toMatch(/^down 4\.9 GB are free for images, and 5 GB are the least/);
  expect(of(5e9)).toMatch(/^info 5\.0 GB are free for images; a first start with a model takes 20 GB/);
  expect(of(20e9)).toBe("ok 20 GB are free for images");
  expect(of(90e9, 99)).toMatch(/^down 99 % of the inodes/);
});

describe("the card", () => {
  const good: CardFacts = {
    cards: [{ name: "NVIDIA GeForce RTX 4080", driver: "550.54.14", memoryGb: 15.99 }],
    toolkit: "1.17.4",
    cdi: false,
  };
  const docker = { name: "docker", runtimes: ["runc", "nvidia"] } as const;
  const of = (facts: Partial<CardFacts>, more: object = {}) =>
    said(cardRows({ ...good, ...facts }, { onCard: ["comfyui"], engine: { ...docker, runtimes: [...docker.runtimes] }, ...more }));
  const bare = { engine: { name: "docker", runtimes: ["runc"] } };
  it.each<[string, string, RegExp]>([
    ["good", of({}), /^ok NVIDIA GeForce RTX 4080, 16 GB, driver 550\.54\.14$/],
    ["not wanted", of({ cards: [] }, { onCard: [] }), /^ok nothing that was chosen/],
    ["none", of({ cards: [] }), /^down no NVIDIA card is seen \(there is no nvidia-smi\), and comfyui ask for one.*compose\.cpu\.yaml/],
    [
      "old driver",
      of({ cards: [{ ...good.cards[0], driver: "535.183.01" } as never] }),
      /^down the driver 535\.183\.01 .* too old: 550 is the least/,
    ],
    ["new driver", of({ cards: [{ ...good.cards[0], driver: "1000.1" } as never] }), /^ok/],
    [
      "driver updated, not loaded",
      of({ cards: [], said: "Failed to initialize NVML: Driver/library version mismatch" }),
      /^down .*→ Reboot$/,
    ],
    [
      "no contact",
      of({ cards: [], said: "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver." }),
      /^down nvidia-smi reaches no card/,
    ],
    ["small", of({ cards: [{ ...good.cards[0], memoryGb: 6 } as never] }), /^info .*6 GB: SDXL and training do not fit/],
    ["more promised than there", of({}, { vramGb: 24 }), /^down MYSPINBOT_VRAM_GB=24, and .* has 16 GB → MYSPINBOT_VRAM_GB=15/],
    ["16 GB, as its maker says", of({}, { vramGb: 16 }), /^ok/],
    [
      "no toolkit",
      said(cardRows({ cards: good.cards, cdi: false }, { onCard: ["x"], ...bare } as never)),
      /^down the NVIDIA Container Toolkit is not installed/,
    ],
    [
      "toolkit not known to Docker",
      of({}, bare),
      /^down .*1\.17\.4 is installed, and Docker does not know it → sudo nvidia-ctk runtime configure/,
    ],
    ["Podman without CDI", of({}, { engine: { name: "podman", runtimes: [] } }), /^down Podman knows no card.*nvidia-ctk cdi generate/],
    ["Podman with CDI", of({ cdi: true }, { engine: { name: "podman", runtimes: [] } }), /^ok/],
  ])("%s", (_, words, expected) => expect(words).toMatch(expected));
});

it("the clock: 30 s are told, five minutes stop, an hour is named in minutes, either way", () => {
  expect(said(clockRows({ ahead: 20, from: "quay.io" }))).toBe("ok right, by quay.io");
  expect(said(clockRows({ ahead: 45, from: "quay.io" }))).toMatch(/^info this machine's clock is 45 s ahead of that of quay\.io →/);
  expect(said(clockRows({ ahead: -3600, from: "quay.io", synchronized: true }))).toMatch(
    /^down .* 60 minutes behind .*not be valid → Set it by the network/,
  );
  expect(said(clockRows({ synchronized: false }))).toMatch(/^info it is not set by the network/);
  expect(said(clockRows({ synchronized: true }))).toBe("ok set by the network");
  expect(said(clockRows({}))).toMatch(/^info could not be compared/);
});

it("folders of this machine: a missing file, a folder in its place, and what the container's user may not do", () => {
  const folder: MountFact = {
    service: "backup",
    source: "/mnt/b",
    target: "/backups",
    readOnly: false,
    uid: 1000,
    kind: "folder",
    mode: 0o755,
    owner: 1000,
    group: 1000,
  };
  const file: MountFact = { ...folder, source: "./start.sh", target: "/start.sh", readOnly: true, kind: "file", mode: 0o644, owner: 501 };
  expect(said(mountRows([folder, file]))).toMatch(/^ok 2 of this machine/);
  expect(said(mountRows([{ ...folder, owner: 0 }]))).toMatch(
    /^down \/mnt\/b: user 1000 of backup may not write into it \(mode 755, owner 0\) → sudo chown -R 1000/,
  );
  expect(said(mountRows([{ ...folder, owner: 0, readOnly: true }]))).toMatch(/^ok/);
  expect(said(mountRows([{ ...file, mode: 0o600 }]))).toMatch(/^down .*may not read it.*chmod o\+r/);
  expect(said(mountRows([{ ...file, kind: "folder" }]))).toMatch(/^down .* is a folder, and a file is meant/);
  expect(said(mountRows([{ ...file, kind: "absent" }]))).toMatch(/^down .*would make a folder of that name/);
  expect(said(mountRows([{ ...folder, source: "./models", kind: "absent" }]))).toMatch(
    /^info \.\/models \(backup\) is not there.*npm run compose:init/,
  );
  expect(said(mountRows([{ ...folder, source: "/dev/disk", readOnly: true, kind: "absent" }]))).toMatch(/^ok|^$/);
});

describe("an upgrade", () => {
  it("of PostgreSQL to another major version stops while its volume is there, and says how", () => {
    const images = {
      now: { postgres: "docker.io/library/postgres:17.2-alpine@sha256:ab" },
      before: { postgres: "docker.io/library/postgres:16.14-alpine@sha256:cd" },
    };
    for (const volume of [true, undefined])
      expect(said(upgradeRows({ ...images, volume }))).toMatch(
        /^down postgres goes from \S+:16\.14-alpine to \S+:17\.2-alpine, and PostgreSQL 17 does not read a folder of 16 → .*backup .*restore/,
      );
    expect(said(upgradeRows({ ...images, volume: false }))).toMatch(/^info the next start changes/);
  });
  it("of others is told with a backup first, and a way back is told as one", () => {
    const rows = upgradeRows({
      now: { redis: "redis:7.2.16", grafana: "g/grafana:12.0.1", new: "n:1" },
      before: { redis: "redis:7.2.5", grafana: "g/grafana:12.4.3" },
      volume: true,
    });
    expect(said(rows)).toMatch(
      /^info older than .*grafana:12\.4\.3 → g\/grafana:12\.0\.1 →.*\ninfo the next start changes redis redis:7\.2\.5 → redis:7\.2\.16 → A backup first/,
    );
    expect(upgradeRows({ now: { a: "b:1" }, before: { a: "b:1" }, volume: true })).toEqual([]);
  });
  it("knows versions by their tags", () => {
    expect(["postgres:16.4-alpine", "q/minio:RELEASE.2025-09-07T16-13-09Z@sha256:99", "h:5000/x", "a:v3.15.0"].map(versionOf)).toEqual([
      [16, 4],
      [2025, 9, 7],
      [],
      [3, 15, 0],
    ]);
  });
});

describe("what the engine has already", () => {
  const up = (service: string): Container => ({ service, state: "running", status: "Up 2 hours (healthy)", ports: [] });
  it("a first start that ended in the middle is gone on with, and what falls over is named with its log", () => {
    expect(said(stackRows([], ["a"]))).toBe("ok not started yet, or taken down");
    expect(
      said(stackRows([up("a"), up("b"), { ...up("setup"), state: "exited", status: "Exited (0) 1 hour ago" }], ["a", "b", "setup"])),
    ).toBe("ok 2 of 3 services run");
    expect(said(stackRows([up("a"), { ...up("b"), state: "created", status: "Created" }], ["a", "b", "c"]))).toMatch(
      /^info a start is half finished: 1 of 3 services run, b, c not → .*up -d goes on/,
    );
    expect(said(stackRows([{ ...up("a"), state: "restarting", status: "Restarting (1) 3 seconds ago" }], ["a"]))).toMatch(
      /^down a: Restarting \(1\).*logs --tail 50 a/,
    );
    expect(said(stackRows([{ ...up("a"), status: "Up 5 minutes (unhealthy)" }], ["a"]))).toMatch(/^down a: Up 5 minutes \(unhealthy\)/);
    expect(said(stackRows([{ ...up("a"), state: "exited", status: "Exited (137) 1 hour ago" }], ["a"]))).toMatch(/^down a: Exited \(137\)/);
  });
});
