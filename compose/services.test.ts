/** Every service of every command that a person starts: bounded, watched, and with no right that it does not need. No engine is asked. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commands, folder, type Service, stackOf } from "./testing/stack.ts";

/** Runs once and ends; whoever needs it done waits for `service_completed_successfully`. */
const oneShot = new Set(["ollama-setup", "open-webui-setup", "postgres-exporter-setup"]);
/** What a service adds to nothing, and why is said where it stands. */
const capabilities: Record<string, string[]> = { traefik: ["NET_BIND_SERVICE", "DAC_OVERRIDE"] };
/** Whose image writes into its own folders. */
const writable = new Set(["open-webui", "keycloak"]);
const host = ["privileged", "network_mode", "ipc", "userns_mode", "uts", "cgroup"];

describe.each(commands)("$title", ({ files }) => {
  const services = Object.entries(stackOf(...files).services);
  const each = (tell: (service: Service, name: string) => unknown) =>
    Object.fromEntries(services.map(([name, service]) => [name, tell(service, name)] as const).filter(([, wrong]) => wrong !== undefined));

  it("bounds memory, processes and logs of each", () => {
    const missing = each(({ mem_limit, pids_limit, logging }) => {
      const set = mem_limit && pids_limit && logging?.driver === "json-file" && logging.options["max-size"] && logging.options["max-file"];
      return set ? undefined : { mem_limit, pids_limit, logging };
    });
    expect(missing).toEqual({});
  });

  it("takes every capability from each, and lets none gain any", () => {
    expect(each(({ cap_drop }) => ((cap_drop as string[])?.includes("ALL") ? undefined : cap_drop))).toEqual({});
    expect(each(({ security_opt }) => ((security_opt as string[])?.includes("no-new-privileges:true") ? undefined : security_opt))).toEqual(
      {},
    );
    expect(each((service, name) => (service["cap_add"] === undefined ? undefined : { [name]: service["cap_add"] }))).toEqual(
      Object.fromEntries(
        Object.entries(capabilities).flatMap(([name, added]) =>
          services.some(([one]) => one === name) ? [[name, { [name]: added }]] : [],
        ),
      ),
    );
  });

  it("shares nothing of the machine with any, but its processes with the one that counts them", () => {
    expect(each((service) => host.find((key) => service[key] !== undefined))).toEqual({});
    expect(Object.values(each(({ pid }, name) => (pid === undefined ? undefined : `${name} ${pid}`)))).toEqual(
      services.some(([name]) => name === "node-exporter") ? ["node-exporter host"] : [],
    );
  });

  it("gives none a root file system to write on, but where the image does", () => {
    expect(Object.keys(each(({ read_only }) => (read_only === true ? undefined : "writes")))).toEqual(
      services.map(([name]) => name).filter((name) => writable.has(name)),
    );
  });

  it("looks whether each is well, by a program that takes an end", () => {
    const unwatched = each(({ healthcheck }, name) =>
      oneShot.has(name) || (healthcheck?.["test"][0]?.startsWith("CMD") && healthcheck["test"].length > 1)
        ? undefined
        : (healthcheck ?? "nobody looks"),
    );
    expect(unwatched).toEqual({});
    expect(
      each(({ healthcheck }) =>
        healthcheck === undefined || ("interval" in healthcheck && "timeout" in healthcheck && "retries" in healthcheck)
          ? undefined
          : healthcheck,
      ),
    ).toEqual({});
  });

  it("starts each again that ends, and what runs once only where it failed", () => {
    expect(
      each(({ restart }, name) => (restart === (oneShot.has(name) ? "on-failure:10" : "unless-stopped") ? undefined : restart)),
    ).toEqual({});
  });

  it("keeps data in named volumes that it declares", () => {
    const stack = stackOf(...files);
    const named = services.flatMap(([, { volumes = [] }]) =>
      volumes.map((volume) => volume.replace(/\$\{\w+:-([^}]*)\}/, "$1").split(":")[0] ?? ""),
    );
    expect(Object.keys(stack.volumes ?? {})).toEqual(expect.arrayContaining(named.filter((name) => !/^[./]/.test(name))));
  });

  it("gives each of ours that writes below /data a volume with a name: one without a name outlives its container, and nobody removes it", () => {
    expect(readFileSync(join(folder, "server/Dockerfile"), "utf8")).not.toMatch(/^VOLUME/m);
    const homeless = each(({ environment = {}, volumes = [], command }) => {
      const writes = environment["TMPDIR"] === "/data" || String(command) === "start";
      return !writes || volumes.some((volume) => /^\w+:\/data$/.test(volume)) ? undefined : volumes;
    });
    expect(homeless).toEqual({});
  });

  it("reads the machine's own folders, and writes none but those for certificates", () => {
    const writes = services.flatMap(([name, { volumes = [] }]) =>
      volumes.filter((volume) => /^[./]|MODELS/.test(volume) && !/:ro(,rslave)?$/.test(volume)).map((volume) => `${name} ${volume}`),
    );
    expect(writes).toEqual(services.some(([name]) => name === "traefik") ? ["traefik ./edge/certs:/certs"] : []);
  });
});

describe("the services that keep data", () => {
  const { services } = stackOf("compose.yaml");

  it("have time to end before they are killed", () => {
    const seconds = (name: string) => Number.parseInt(String(services[name]?.["stop_grace_period"]), 10);
    for (const name of ["postgres", "redis", "minio", "server", "worker", "gpu-host"])
      expect([name, seconds(name) >= 20]).toEqual([name, true]);
  });

  it("are started as themselves, not as root, where their image has a user for it", () => {
    expect(Object.fromEntries(["postgres", "redis"].map((name) => [name, services[name]?.["user"]]))).toEqual({
      postgres: "70:70",
      redis: "999:1000",
    });
  });

  it("keep a Redis that loses nothing it took: AOF, no eviction, twice its memory for a rewrite", () => {
    const command = String((services["redis"]?.["command"] as string[] | undefined)?.join(" "));
    for (const setting of ["--appendonly yes", "--maxmemory 512mb", "--maxmemory-policy noeviction"]) expect(command).toContain(setting);
    // by stdin: on a command line the whole machine would read it
    expect(command).not.toMatch(/--requirepass|-a /);
    expect(services["redis"]?.["mem_limit"]).toBe("1g");
  });

  it("keep a PostgreSQL that asks everybody for a password by SCRAM, and finds rotten pages", () => {
    expect(services["postgres"]?.environment).toMatchObject({
      POSTGRES_HOST_AUTH_METHOD: "scram-sha-256",
      POSTGRES_INITDB_ARGS: expect.stringMatching(/--auth-local=scram-sha-256.*--data-checksums/),
    });
    expect(services["postgres"]?.image).toMatch(/postgres:16\./);
  });
});
