/** Secrets: files alone, each to whom it concerns. */
import { describe, expect, it } from "vitest";
import { secretNames } from "../scripts/compose/secrets.ts";
import { commands, stackOf, text } from "./testing/stack.ts";

describe.each(commands.filter(({ files }) => !files.includes("compose.minimal.yaml")))("$title", ({ files }) => {
  const stack = stackOf(...files);
  const services = Object.entries(stack.services);

  it("declares each secret that a service gets, as a file of secrets/, and none that nobody gets", () => {
    const given = new Set(services.flatMap(([, { secrets = [] }]) => secrets));
    expect(Object.keys(stack.secrets ?? {}).sort()).toEqual([...given].sort());
    for (const [name, { file }] of Object.entries(stack.secrets ?? {})) expect(file).toBe(`./secrets/${name}`);
  });

  it("gives a service each secret whose file it names, and no other", () => {
    for (const [name, { secrets = [], environment = {}, command, entrypoint, healthcheck }] of services) {
      const named = JSON.stringify([environment, command, entrypoint, healthcheck]).matchAll(/\/run\/secrets\/(\w+)/g);
      const wanted = new Set([...named].map((found) => found[1] ?? ""));
      // read by server/stack.ts where the profile gpu is on, and by Prometheus's own file
      if (["server", "worker", "prometheus"].includes(name)) wanted.add("gpu_host_key");
      if (name === "postgres-exporter-setup")
        for (const [, secret = ""] of text("monitoring/postgres/exporter-role.sql").matchAll(/\/run\/secrets\/(\w+)/g)) wanted.add(secret);
      expect([name, [...secrets].sort()]).toEqual([name, [...wanted].sort()]);
    }
  });

  it("has none in an environment", () => {
    const named = /(PASSWORD|SECRET|KEY|TOKEN|CREDENTIALS)/;
    for (const [name, { environment = {} }] of services)
      for (const [variable, value] of Object.entries(environment))
        if (named.test(variable) && !/^ENABLE_/.test(variable))
          expect([name, variable, value]).toEqual([name, variable, expect.stringMatching(/^\/run\/secrets\/\w+$|^"?$/)]);
  });
});

describe("compose.yaml", () => {
  const { services, secrets = {} } = stackOf("compose.yaml");
  const holders = (secret: string) =>
    Object.entries(services)
      .flatMap(([name, one]) => (one.secrets?.includes(secret) ? [name] : []))
      .sort();

  it("names the secrets that compose:init makes, and no other", () => {
    expect(Object.keys(secrets).sort()).toEqual([...secretNames].sort());
  });

  it("gives the keys to everything only to their own service and to the one that sets up", () => {
    expect(holders("minio_root_password")).toEqual(["minio"]);
    expect(holders("postgres_password")).toEqual(["postgres", "postgres-exporter-setup"]);
    expect(holders("postgres_exporter_password")).toEqual(["postgres-exporter", "postgres-exporter-setup"]);
    expect(holders("redis_password")).toEqual(["redis", "redis-exporter"]);
    expect(holders("myspinbot_key")).toEqual(["open-webui-setup", "server"]);
    expect(holders("openwebui_admin_password")).toEqual(["open-webui", "open-webui-setup"]);
    expect(holders("gpu_host_key")).toEqual(["gpu-host", "prometheus", "server", "worker"]);
  });

  it("is read as Prometheus's file asks", () => {
    expect(text("monitoring/prometheus/prometheus.yml")).toContain("/run/secrets/gpu_host_key");
  });
});
