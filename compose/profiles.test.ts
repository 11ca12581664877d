/** What starts with what: a service waits only for what is there, and is waited for only where its health is looked at. */
import { describe, expect, it } from "vitest";
import { commands, profiles, stackOf } from "./testing/stack.ts";

const { services } = stackOf("compose.yaml");
const inProfile = (profile: string | undefined) =>
  Object.entries(services)
    .flatMap(([name, service]) => ((profile === undefined ? !service.profiles : service.profiles?.includes(profile)) ? [name] : []))
    .sort();

describe("compose.yaml", () => {
  it("starts the core without a profile", () => {
    expect(inProfile(undefined)).toEqual(["backup", "minio", "postgres", "redis", "server", "worker"]);
  });

  it.each([
    ["chat", ["ollama", "ollama-setup", "open-webui", "open-webui-setup"]],
    // DCGM's exporter could not start without a card, and monitoring is for everybody
    ["gpu", ["comfyui", "dcgm-exporter", "gpu-host"]],
    [
      "monitoring",
      "alertmanager blackbox-exporter cadvisor grafana node-exporter postgres-exporter postgres-exporter-setup prometheus redis-exporter".split(
        " ",
      ),
    ],
    ["edge", ["edge-auth", "traefik"]],
    ["extras", ["alloy", "keycloak", "loki", "pushgateway"]],
  ])("starts with the profile %s these", (profile, names) => {
    expect(inProfile(profile)).toEqual(names);
  });

  it("knows no other profile", () => {
    expect([...new Set(Object.values(services).flatMap((service) => service.profiles ?? []))].sort()).toEqual([...profiles].sort());
  });

  it("asks for a card where one is needed, and nowhere else", () => {
    const cards = Object.entries(services).flatMap(([name, { deploy }]) => (deploy?.resources?.reservations?.devices ? [name] : []));
    expect(cards.sort()).toEqual(["comfyui", "dcgm-exporter", "gpu-host", "ollama"]);
  });
});

describe.each(commands)("$title", ({ files }) => {
  const stack = stackOf(...files);

  it("has each service wait only for some of the core or of its own profile, that are there", () => {
    for (const [name, { depends_on = {}, profiles: own }] of Object.entries(stack.services))
      for (const other of Object.keys(depends_on)) {
        const needed = stack.services[other];
        expect([name, other, needed !== undefined]).toEqual([name, other, true]);
        const starts = !needed?.profiles || (own ?? []).every((profile) => needed.profiles?.includes(profile));
        expect([name, other, starts && (own !== undefined || !needed?.profiles)]).toEqual([name, other, true]);
      }
  });

  it("waits for health, and only of those whose health is looked at; of what runs once it waits for the end", () => {
    for (const [name, { depends_on = {} }] of Object.entries(stack.services))
      for (const [other, { condition }] of Object.entries(depends_on)) {
        const isOnce = String(stack.services[other]?.["restart"]).startsWith("on-failure");
        expect([name, other, condition]).toEqual([name, other, isOnce ? "service_completed_successfully" : "service_healthy"]);
        expect([other, stack.services[other]?.healthcheck !== undefined]).toEqual([other, !isOnce]);
      }
  });

  it("has nobody wait for itself, by others either", () => {
    const waits = (name: string, seen: string[] = []): string[] =>
      seen.includes(name)
        ? [...seen, name]
        : Object.keys(stack.services[name]?.depends_on ?? {}).flatMap((other) => waits(other, [...seen, name]));
    for (const name of Object.keys(stack.services)) expect(waits(name)).toEqual([]);
  });
});

describe("compose.cpu.yaml", () => {
  const stack = stackOf("compose.yaml", "compose.cpu.yaml");

  it("asks for no card, and starts none of the engines that need one, whatever profiles .env names", () => {
    const started = Object.entries(stack.services).filter(
      ([, service]) => !service.profiles || service.profiles.some((one) => profiles.includes(one)),
    );
    expect(started.map(([name]) => name).filter((name) => /^(comfyui|gpu-host|dcgm-exporter)$/.test(name))).toEqual([]);
    for (const [name, { deploy }] of started) expect([name, deploy]).toEqual([name, undefined]);
  });

  it("has server and worker wait for no engine that is not there: pictures are previews, and a small model answers", () => {
    for (const name of ["server", "worker"])
      expect(stack.services[name]?.environment).toMatchObject({
        ...{ STACK_PROFILES: "chat", COMFYUI_URL: "", GPU_HOST_URL: "" },
        OLLAMA_MODEL: expect.stringContaining("1.7b"),
      });
    expect(stack.services["ollama-setup"]?.["command"]).toEqual(["pull", stack.services["server"]?.environment?.["OLLAMA_MODEL"]]);
  });
});
