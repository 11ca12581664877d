/** Who may reach whom, from outside and inside. */
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { commands, overrides, type Stack, stackOf, text } from "./testing/stack.ts";

const membersOf = (stack: Stack) => {
  const members: Record<string, string[]> = {};
  for (const [name, { networks = [] }] of Object.entries(stack.services))
    for (const network of networks) members[network] = [...(members[network] ?? []), name];
  for (const names of Object.values(members)) names.sort();
  return members;
};
const publishing = (stack: Stack) => Object.entries(stack.services).flatMap(([name, { ports = [] }]) => (ports.length > 0 ? [name] : []));

const engines = ["comfyui", "gpu-host", "ollama"];
const stores = ["minio", "postgres", "redis"];
const whole = stackOf("compose.yaml");

describe("the stack", () => {
  it("has these networks, and nobody else is on them", () => {
    expect(membersOf(whole)).toEqual({
      front: ["edge-auth", "grafana", "keycloak", "open-webui", "server", "traefik"],
      data: [
        "backup",
        "minio",
        "postgres",
        "postgres-exporter",
        "postgres-exporter-setup",
        "prometheus",
        "redis",
        "redis-exporter",
        "server",
        "worker",
      ],
      engines: ["blackbox-exporter", "comfyui", "gpu-host", "prometheus", "server", "worker"],
      chat: ["blackbox-exporter", "ollama", "ollama-setup", "open-webui", "open-webui-setup", "server", "worker"],
      metrics: expect.arrayContaining(["cadvisor", "dcgm-exporter", "grafana", "prometheus", "server", "worker"]),
      "ollama-out": ["ollama"],
      "alerts-out": ["alertmanager"],
    });
  });

  it("keeps everything but the front and two ways out to itself", () => {
    const open = Object.entries(whole.networks ?? {}).flatMap(([name, network]) => (network?.internal ? [] : [name]));
    expect(open.sort()).toEqual(["alerts-out", "front", "ollama-out"]);
  });

  it("publishes the pages of people alone, and all of them are on the front", () => {
    expect(publishing(whole).sort()).toEqual(["grafana", "keycloak", "open-webui", "server", "traefik"]);
    for (const name of publishing(whole)) expect(whole.services[name]?.networks).toContain("front");
  });

  it("has stores and engines on no network that is published or that watches", () => {
    for (const name of [...stores, ...engines]) {
      expect([name, whole.services[name]?.ports]).toEqual([name, undefined]);
      expect([name, whole.services[name]?.networks]).not.toEqual([
        name,
        expect.arrayContaining([expect.stringMatching(/^(front|metrics)$/)]),
      ]);
    }
  });

  it("lets of all published services the studio's server alone reach a store or ComfyUI or gpu-host; Open WebUI reaches Ollama", () => {
    const reached = (name: string) => {
      const near = Object.values(membersOf(whole)).filter((members) => members.includes(name));
      return [...stores, ...engines].filter((part) => near.some((members) => members.includes(part)));
    };
    const near = Object.fromEntries(publishing(whole).map((name) => [name, reached(name)]));
    expect(near).toEqual({ server: [...stores, ...engines], "open-webui": ["ollama"], grafana: [], traefik: [], keycloak: [] });
  });

  it("has nobody behind a way out who could be come to by another's", () => {
    for (const network of ["ollama-out", "alerts-out"]) expect(membersOf(whole)[network]).toHaveLength(1);
  });
});

describe("an engine outside the stack", () => {
  const open = (stack: Stack, name: string) =>
    (stack.services[name]?.networks ?? []).filter((network) => !stack.networks?.[network]?.internal);

  it("is out of a worker's reach, unless compose.outside.yaml lies on top: then that network is the worker's alone, and this machine has a name", () => {
    expect(open(whole, "worker")).toEqual([]);
    const stack = stackOf("compose.yaml", "compose.outside.yaml");
    expect(open(stack, "worker")).toEqual(["outside"]);
    expect(membersOf(stack)["outside"]).toEqual(["worker"]);
    for (const name of ["server", "worker"]) expect(stack.services[name]?.["extra_hosts"]).toEqual(["host.docker.internal:host-gateway"]);
  });

  it("is told to server and worker by each address that is set", () => {
    for (const name of ["server", "worker"])
      for (const setting of ["COMFYUI_URL", "GPU_HOST_URL", "OLLAMA_URL", "A1111_URL", "GPT_SOVITS_URL"])
        expect(whole.services[name]?.environment?.[setting]).toBe(`\${${setting}:-}`);
  });
});

describe.each(commands)("$title", ({ files }) => {
  const stack = stackOf(...files);

  it("publishes on 127.0.0.1 where nobody says otherwise, or asks", () => {
    for (const [name, { ports = [] }] of Object.entries(stack.services))
      for (const { host_ip, published } of ports) {
        // this one is for programs of the machine, which come in by its address
        const known = files.includes("compose.minimal.yaml")
          ? /^\$\{BIND_ADDRESS:-0\.0\.0\.0\}$/
          : /^\$\{\w+_ADDRESS(:-127\.0\.0\.1|:\?.{20,})\}$/;
        expect([name, host_ip]).toEqual([name, expect.stringMatching(known)]);
        expect([name, published]).toEqual([name, expect.stringMatching(/^(\$\{\w+:-\d+\}|\d+)$/)]);
      }
  });

  it("publishes no port twice", () => {
    const published = Object.values(stack.services).flatMap(({ ports = [] }) =>
      ports.map((port) => port.published.replace(/^\$\{\w+:-(\d+)\}$/, "$1")),
    );
    expect(published).toEqual([...new Set(published)]);
  });

  it("names only networks that it declares, and declares none for nobody", () => {
    const used = Object.keys(membersOf(stack));
    expect(Object.keys(stack.networks ?? {}).sort()).toEqual(used.sort());
  });
});

describe("the figures of MinIO", () => {
  const asked = (
    parse(text("monitoring/prometheus/prometheus.yml")) as {
      scrape_configs: { job_name: string; dns_sd_configs?: { names: string[] }[] }[];
    }
  ).scrape_configs
    .find((job) => job.job_name === "minio")
    ?.dns_sd_configs?.flatMap(({ names }) => names);

  it("are asked for by a name that it has on Prometheus's network, and that no service has", () => {
    expect(whole.services["minio"]?.aliases).toEqual({ data: asked });
    expect(whole.services["prometheus"]?.networks).toContain("data");
    expect(Object.keys(whole.services)).not.toEqual(expect.arrayContaining(asked ?? []));
  });

  it.each([["compose.stores.yaml"], ["storage-seaweedfs.yaml"], ["compose.stores.yaml", "storage-seaweedfs.yaml"]])(
    "are no target with %s %s, where they are shut or of another program; everything else still finds the store",
    (...names) => {
      const { minio } = stackOf("compose.yaml", ...names.filter(Boolean)).services;
      expect([minio?.aliases, minio?.networks]).toEqual([undefined, expect.arrayContaining(["data"])]);
    },
  );
});

describe("Keycloak's port, which shows its administrators' realm too", () => {
  it("is not opened by what opens the rest", () => {
    expect(whole.services["keycloak"]?.ports?.map(({ host_ip }) => host_ip)).toEqual([
      expect.stringMatching(/^\$\{KEYCLOAK_ADDRESS:-127\.0\.0\.1\}$/),
    ]);
  });
});

describe("compose.stores.yaml", () => {
  const stack = stackOf("compose.yaml", "compose.stores.yaml");

  it("opens the stores on an address that has to be named, and Prometheus the way to other machines", () => {
    expect(membersOf(stack)["stores"]).toEqual(["minio", "postgres", "prometheus", "redis"]);
    for (const name of stores) expect(stack.services[name]?.ports?.[0]?.host_ip).toMatch(/^\$\{STORES_ADDRESS:\?/);
    expect(stack.services["minio"]?.environment?.["MINIO_PROMETHEUS_AUTH_TYPE"]).toBe("jwt");
  });
});

describe("compose.workers.yaml", () => {
  const stack = stackOf("compose.workers.yaml");

  it("finds the first machine's stores under the names that its secrets hold, and publishes metrics alone", () => {
    expect(stack.services["worker"]?.["extra_hosts"]).toEqual(
      ["postgres", "redis", "minio"].map((name) => expect.stringMatching(`^${name}:\\$\\{FIRST_MACHINE:\\?`)),
    );
    const published = Object.entries(stack.services).flatMap(([name, { ports = [] }]) => ports.map(({ target }) => [name, target]));
    expect(published).toEqual([
      ["worker", 9464],
      ["dcgm-exporter", 9400],
    ]);
  });

  it("has the same engines as the first machine, each with its card", () => {
    for (const name of ["comfyui", "gpu-host"]) expect(stack.services[name]).toEqual(whole.services[name]);
  });

  it("is the same worker with the same settings but for whom it looks for", () => {
    const { environment, extra_hosts, ports, networks, volumes, ...rest } = stack.services["worker"] ?? {};
    const { environment: there, depends_on, networks: others, volumes: same, ...worker } = whole.services["worker"] ?? {};
    expect(volumes).toEqual(same);
    expect({ ...rest, logging: undefined }).toEqual({ ...worker, logging: undefined });
    const own = ["STACK_FILE", "COMFYUI_URL", "GPU_HOST_URL", "GPU_HOST_KEY_FILE", "MYSPINBOT_CHAT_ON_CARD"];
    const first = ["STACK_PROFILES", "OLLAMA_URL", "OLLAMA_MODEL", "MYSPINBOT_CHAT_WHILE_BUSY", ...own];
    const without = (from: Record<string, string> = {}, names: string[] = []) =>
      Object.fromEntries(Object.entries(from).filter(([name]) => !names.includes(name)));
    expect(without(environment, own)).toEqual(without(there, first));
  });
});

it("every override lies over compose.yaml in at least one of the commands", () => {
  for (const name of overrides) expect(commands.some(({ files }) => files[0] === "compose.yaml" && files.includes(name))).toBe(true);
});
