/** The first start: everything is made, nothing is overwritten, and what was interrupted is brought to its end. */
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { init } from "./init.ts";
import { rotate } from "./rotate.ts";
import type { Run } from "./run.ts";
import { derived, made, secretNames } from "./secrets.ts";
import { readState } from "./state.ts";

const nothing: Run = async () => ({ code: undefined, stdout: "", stderr: "" });
const engine =
  (...volumes: string[]): Run =>
  async (command, [what]) => ({ code: command === "docker" && what === "volume" ? 0 : 1, stdout: volumes.join("\n"), stderr: "" });

const compose = (postgres = "16.4") => `name: myspinbot
services:
  server: { image: myspinbot-server:0.1.0, secrets: [database_url, redis_url, myspinbot_key] }
  worker: { image: myspinbot-server:0.1.0, secrets: [{ source: database_url, target: database_url }] }
  postgres: { image: "postgres:${postgres}", secrets: [postgres_password] }
  redis: { image: "redis:7.2.5", secrets: [redis_password] }
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "spin-init-"));
  writeFileSync(join(folder, "compose.yaml"), compose());
  writeFileSync(join(folder, ".env.example"), "# words\n#COMPOSE_PROFILES=chat\n#BIND_ADDRESS=127.0.0.1\nOLLAMA_MODEL=qwen3:4b\n");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const secret = (name: string) => readFileSync(join(folder, "secrets", name), "utf8").trimEnd();
const write = (name: string, text: string) => writeFileSync(join(folder, "secrets", name), text);
const all = () => Object.fromEntries(secretNames.map((name) => [name, secret(name)]));
const env = () => readFileSync(join(folder, ".env"), "utf8");
const mode = (...path: string[]) => (statSync(join(folder, ...path)).mode & 0o777).toString(8);

describe("the first time", () => {
  it("makes strong secrets as files, each its own, those that hold others in agreement with them, and .env from the example", async () => {
    const done = await init({ folder, run: engine() });
    expect(done.made.sort()).toEqual([...secretNames.map((name) => `secrets/${name}`), ".env"].sort());
    for (const { name } of made) expect([name, secret(name)]).toEqual([name, expect.stringMatching(/^[0-9a-f]{20,64}$/)]);
    for (const { name } of made.filter(({ name }) => name !== "minio_root_user"))
      expect([name, secret(name).length >= 32]).toEqual([name, true]);
    expect(new Set(made.map(({ name }) => secret(name))).size).toBe(made.length);
    expect(new URL(secret("database_url"))).toMatchObject({
      host: "postgres:5432",
      password: secret("postgres_password"),
      pathname: "/myspinbot",
    });
    expect(new URL(secret("redis_url"))).toMatchObject({ host: "redis:6379", password: secret("redis_password") });
    expect([secret("s3_access_key"), secret("s3_secret_key")]).toEqual([secret("minio_root_user"), secret("minio_root_password")]);
    expect(env()).toBe("# words\nCOMPOSE_PROFILES=chat,gpu,monitoring\n#BIND_ADDRESS=127.0.0.1\nOLLAMA_MODEL=qwen3:4b\n");
    expect(Object.values(all()).some((text) => env().includes(text))).toBe(false);
  });

  it("keeps others out of the folder, lets a container's user read the files, and git away from both", async () => {
    const before = process.umask(0o077);
    try {
      await init({ folder, run: engine() });
    } finally {
      process.umask(before);
    }
    expect([mode("secrets"), mode(".env"), mode("secrets", "redis_url"), mode("secrets", "myspinbot_key")]).toEqual([
      "700",
      "600",
      "444",
      "444",
    ]);
    expect(readFileSync(join(folder, "secrets", ".gitignore"), "utf8")).toBe("*\n");
    chmodSync(join(folder, "secrets"), 0o755);
    expect((await init({ folder, run: engine() })).notes.join()).toContain("could be opened by others (mode 755)");
    expect(mode("secrets")).toBe("700");
  });

  it("takes over a key that compose/.env held before there were files, and shows it like a new one", async () => {
    writeFileSync(join(folder, ".env"), `MYSPINBOT_KEY=${"0a1b2c3d".repeat(4)}\nGPU_HOST_KEY=changeme-changeme\n`);
    const done = await init({ folder, run: engine(), profiles: ["chat"] });
    expect(secret("myspinbot_key")).toBe("0a1b2c3d".repeat(4));
    expect(secret("gpu_host_key")).not.toContain("changeme");
    expect(done.fresh["myspinbot_key"]).toBe("0a1b2c3d".repeat(4));
    expect(done.notes.join("\n")).toContain("myspinbot_key is what MYSPINBOT_KEY was");
    expect(env()).toBe(`MYSPINBOT_KEY=${"0a1b2c3d".repeat(4)}\nGPU_HOST_KEY=changeme-changeme\nCOMPOSE_PROFILES=chat\n`);
  });
});

describe("a later time", () => {
  it("changes nothing and shows nothing again", async () => {
    await init({ folder, run: engine() });
    const before = [all(), env()];
    const done = await init({ folder, run: engine("myspinbot_postgres") });
    expect([all(), env()]).toEqual(before);
    expect([done.made, done.fresh, done.notes]).toEqual([[], {}, []]);
    expect(done.kept).toContain("secrets/myspinbot_key");
  });

  it("keeps what a person wrote, and changes the profiles only when asked", async () => {
    mkdirSync(join(folder, "secrets"));
    write("grafana_password", "my own words here\n");
    writeFileSync(join(folder, ".env"), "A=1\nCOMPOSE_PROFILES=chat\nB=2");
    await init({ folder, run: engine() });
    expect([secret("grafana_password"), env()]).toEqual(["my own words here", "A=1\nCOMPOSE_PROFILES=chat\nB=2"]);
    const { notes } = await init({ folder, run: engine(), profiles: ["chat", "edge"] });
    expect(env()).toBe("A=1\nCOMPOSE_PROFILES=chat,edge\nB=2\n");
    expect(notes).toEqual([".env: COMPOSE_PROFILES is chat,edge now, and was chat; every other line stays"]);
  });
});

describe("what was interrupted", () => {
  it("after any file is gone on with: the rest is made, and all fit together", async () => {
    await init({ folder, run: engine() });
    const whole = join(folder, "..", `${folder.split("/").at(-1)}-whole`);
    cpSync(folder, whole, { recursive: true });
    for (let count = 0; count <= secretNames.length; count++) {
      rmSync(folder, { recursive: true });
      cpSync(whole, folder, { recursive: true });
      for (const name of secretNames.slice(count)) rmSync(join(folder, "secrets", name));
      for (const name of [".env", ".state"]) rmSync(join(folder, name));
      // a file that was made and not yet written, and one that never got its name
      if (count < secretNames.length) writeFileSync(join(folder, "secrets", secretNames[count] as string), "");
      await init({ folder, run: engine() });
      for (const { name, from, holds } of derived) expect([count, name, holds(secret(name))]).toEqual([count, name, secret(from)]);
      expect(Object.values(all()).every((text) => text.length >= 20)).toBe(true);
    }
    rmSync(whole, { recursive: true });
  });

  it("a password that only the address holds is taken from there", async () => {
    await init({ folder, run: engine() });
    const before = all();
    for (const name of ["postgres_password", "redis_password"]) rmSync(join(folder, "secrets", name));
    const done = await init({ folder, run: engine("myspinbot_postgres") });
    expect(all()).toEqual(before);
    expect(done.fresh).toEqual({});
  });

  it("a password that a volume was made with and that is gone is not made anew: nothing is changed, and the way out is told", async () => {
    await init({ folder, run: engine() });
    for (const name of ["postgres_password", "database_url", "redis_url"]) rmSync(join(folder, "secrets", name));
    const left = readdirSync(join(folder, "secrets"));
    const words = /postgres_password is missing, and .*--rotate postgres_password\. Nothing was changed/;
    await expect(init({ folder, run: engine("myspinbot_postgres", "myspinbot_redis") })).rejects.toThrow(words);
    // no engine to ask: what was made once counts as in use
    await expect(init({ folder, run: nothing })).rejects.toThrow(words);
    expect(readdirSync(join(folder, "secrets"))).toEqual(left);
    await init({ folder, run: engine("myspinbot_redis") });
    expect(existsSync(join(folder, "secrets", "postgres_password"))).toBe(true);
  });

  it("two files that do not belong together are named, and neither is changed", async () => {
    await init({ folder, run: engine() });
    rmSync(join(folder, "secrets", "database_url"));
    write("database_url", "postgresql://myspinbot:other@postgres:5432/myspinbot\n");
    await expect(init({ folder, run: engine() })).rejects.toThrow(/database_url does not hold what compose\/secrets\/postgres_password is/);
    expect(secret("database_url")).toContain("other");
  });

  it("two at the same time agree", async () => {
    await Promise.all([1, 2, 3].map(() => init({ folder, run: engine() })));
    for (const { name, from, holds } of derived) expect([name, holds(secret(name))]).toEqual([name, secret(from)]);
    expect(readdirSync(join(folder, "secrets")).filter((name) => name.endsWith(".part"))).toEqual([]);
  });
});

describe("--rotate", () => {
  it("changes one secret and what holds it, and says who reads it again and what only a person can do", async () => {
    await init({ folder, run: engine() });
    const before = all();
    const lines = (await rotate(folder, "postgres_password")).join("\n");
    const changed = secretNames.filter((name) => secret(name) !== before[name]);
    expect(changed.sort()).toEqual(["database_url", "postgres_password"]);
    expect(secret("database_url")).toContain(secret("postgres_password"));
    expect(lines).toContain("ALTER ROLE myspinbot PASSWORD");
    expect(lines).toContain("up -d --force-recreate server worker postgres");
    expect(lines).not.toContain(secret("postgres_password"));
    expect((await rotate(folder, "redis_password")).at(-1)).toContain("--force-recreate server redis");
  });

  it("names no service whose profile is off: its name alone would start it", async () => {
    await init({ folder, run: engine(), profiles: [] });
    expect((await rotate(folder, "myspinbot_key")).at(-1)).toMatch(/--force-recreate server$/);
    expect((await rotate(folder, "grafana_password")).at(-1)).toContain("None of the services that you start");
  });

  it("knows its secrets, and what follows another", async () => {
    await expect(rotate(folder, "redis_url")).rejects.toThrow("--rotate redis_password");
    await expect(rotate(folder, "postgress_password")).rejects.toThrow(
      /postgres_password is nearest.*There are: postgres_password, redis_password/,
    );
    await expect(rotate(folder, "../../x")).rejects.toThrow("There is no secret");
  });

  it("that was killed between the two files is brought to its end by the next run", async () => {
    await init({ folder, run: engine() });
    const path = join(folder, "secrets", "redis_password");
    const state = await readState(folder);
    writeFileSync(join(folder, ".state"), JSON.stringify({ ...state, rotating: ["redis_password"] }));
    rmSync(path);
    writeFileSync(path, `${"ab12cd34".repeat(6)}\n`);
    const { notes } = await init({ folder, run: engine("myspinbot_postgres") });
    expect(secret("redis_url")).toBe(`redis://:${"ab12cd34".repeat(6)}@redis:6379`);
    expect(notes).toEqual(["a change of redis_password had been interrupted; redis_url fits it now"]);
    expect((await readState(folder)).rotating).toEqual([]);
  });
});

it("notes the versions that the data are used with, except one that they do not survive", async () => {
  await init({ folder, run: engine() });
  writeFileSync(join(folder, "compose.yaml"), compose("17.2").replace("redis:7.2.5", "redis:7.2.6"));
  await init({ folder, run: engine("myspinbot_postgres") });
  expect((await readState(folder)).images).toMatchObject({ postgres: "postgres:16.4", redis: "redis:7.2.6" });
  await init({ folder, run: engine() });
  expect((await readState(folder)).images).toMatchObject({ postgres: "postgres:17.2" });
});
