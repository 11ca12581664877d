/** Prometheus's, Alertmanager's and blackbox-exporter's files: what they name exists, and their own checkers take them, where installed. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { alerts, monitoring, read, ruleFiles, ruleTestFiles } from "./testing/rules.ts";

interface Job {
  job_name: string;
  metrics_path?: string;
  dns_sd_configs?: { names: string[]; type: string; port: number }[];
  static_configs?: { targets: string[]; labels?: Record<string, string> }[];
  params?: { module?: string[] };
  authorization?: { credentials_file: string };
  relabel_configs?: { target_label?: string; replacement?: string }[];
}
const prometheus = parse(read("prometheus/prometheus.yml")) as { scrape_configs: Job[]; rule_files: string[] };
const jobs = prometheus.scrape_configs;
const installed = (program: string) => spawnSync(program, ["--version"]).status === 0;
function run(program: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: monitoring, encoding: "utf8" });
  return { status, said: `${stdout}${stderr}` };
}

describe("prometheus.yml", () => {
  it("scrapes every part under the name that alerts and dashboards use", () => {
    expect(jobs.map((job) => job.job_name).sort()).toEqual(
      "alertmanager blackbox cadvisor dcgm gpu-host grafana minio node other-machines postgres prometheus redis server traefik worker".split(
        " ",
      ),
    );
  });

  it("asks each part by its name and port, so that a part that is off is no target", () => {
    const asked = jobs.flatMap((job) => job.dns_sd_configs ?? []).map(({ names, type, port }) => `${names.join()}:${port} ${type}`);
    expect(asked.sort()).toEqual(
      [
        ...[
          "alertmanager:9093",
          "cadvisor:8080",
          "dcgm-exporter:9400",
          "gpu-host:7080",
          "grafana:3000",
          "minio-metrics:9000",
          "node-exporter:9100",
        ],
        ...["postgres-exporter:9187", "redis-exporter:9121", "server:9464", "traefik:8082", "worker:9464"],
      ].map((each) => `${each} A`),
    );
  });

  it("probes by a module that blackbox-exporter has", () => {
    const { modules } = parse(read("blackbox.yml")) as { modules: Record<string, unknown> };
    const probes = jobs.filter((job) => job.metrics_path === "/probe");
    expect(probes.flatMap((job) => job.params?.module ?? []).every((module) => module in modules)).toBe(true);
    expect(probes[0]?.static_configs?.map(({ targets }) => targets[0])).toEqual([
      "http://ollama:11434/api/version",
      "http://open-webui:8080/health",
      "http://comfyui:8188/system_stats",
    ]);
    expect(probes[0]?.relabel_configs?.at(-1)).toEqual({ target_label: "__address__", replacement: "blackbox-exporter:9115" });
  });

  it("keeps several servers and workers apart by address, and calls single parts by their name", () => {
    for (const job of jobs.filter((each) => each.dns_sd_configs)) {
      const isNamed = job.relabel_configs?.some((rule) => rule.target_label === "instance") ?? false;
      expect([job.job_name, isNamed]).toEqual([job.job_name, !["server", "worker"].includes(job.job_name)]);
    }
  });
});

describe("alertmanager.yml", () => {
  const text = read("alertmanager/alertmanager.yml");
  const { route, receivers, inhibit_rules } = parse(text) as {
    route: { receiver: string; routes: { receiver?: string }[] };
    receivers: { name: string }[];
    inhibit_rules: { source_matchers: string[]; target_matchers: string[] }[];
  };
  const matches = (matchers: string[], name: string) =>
    matchers.every((matcher) => {
      const [, label, how, value = ""] = /^(\w+)(=~|!~|=|!=)"(.*)"$/.exec(matcher) ?? [];
      if (label !== "alertname") return true;
      return how?.includes("~") ? new RegExp(`^(?:${value})$`).test(name) === (how === "=~") : (value === name) === (how === "=");
    });

  it("works as it is, with nobody to tell", () => {
    expect(receivers).toEqual([{ name: "nobody" }]);
    expect([route.receiver, ...route.routes.flatMap((each) => each.receiver ?? [])]).toEqual(["nobody", "nobody"]);
  });

  it("has examples of a webhook, ntfy and mail that are right once their marks are removed", () => {
    const [before = "", after = ""] = text.split("\ninhibit_rules:");
    const whole = parse(`${before.replace(/^ {2}# ( *)(?=(- name|\w+:|- \w+:))/gm, "  $1")}\ninhibit_rules:${after}`) as {
      receivers: { name: string }[];
    };
    expect(whole.receivers.map(({ name }) => name)).toEqual(["nobody", "webhook", "ntfy", "email"]);
  });

  it("silences the rest while no server answers, but not what may be the cause", () => {
    const silenced = (name: string) =>
      inhibit_rules.some((rule) => matches(rule.source_matchers, "ServerDown") && matches(rule.target_matchers, name));
    for (const name of ["QueueStuck", "NoWorker", "BackupNever", "PartDown", "EngineDown"])
      expect([name, silenced(name)]).toEqual([name, true]);
    for (const name of ["ServerDown", "DatabaseDown", "DiskNearlyFull", "StorageDown"])
      expect([name, silenced(name)]).toEqual([name, false]);
  });

  it("names only alerts that there are", () => {
    const names = alerts.map((alert) => alert.alert);
    const used = inhibit_rules
      .flatMap((rule) => [...rule.source_matchers, ...rule.target_matchers])
      .flatMap((matcher) => /^alertname(?:=~|!~|=|!=)"(.*)"$/.exec(matcher)?.[1]?.split("|") ?? []);
    expect(names).toEqual(expect.arrayContaining(used));
  });

  it.runIf(installed("amtool"))("is taken by amtool, with its examples too", () => {
    expect(run("amtool", "check-config", "alertmanager/alertmanager.yml")).toMatchObject({ status: 0 });
  });
});

describe.runIf(installed("promtool"))("promtool", () => {
  it("takes the configuration and every rule", () => {
    // the key of gpu-host lies elsewhere here: a copy that names a file of ours
    const folder = mkdtempSync(join(tmpdir(), "prometheus-"));
    try {
      writeFileSync(join(folder, "key"), "key");
      mkdirSync(join(folder, "prometheus"));
      symlinkSync(join(monitoring, "rules"), join(folder, "rules"));
      const config = read("prometheus/prometheus.yml").replace("/run/secrets/gpu_host_key", join(folder, "key"));
      writeFileSync(join(folder, "prometheus/prometheus.yml"), config);
      const { status, said } = run("promtool", "check", "config", join(folder, "prometheus/prometheus.yml"));
      expect([status, said]).toEqual([0, expect.stringMatching(new RegExp(`${ruleFiles.length} rule files found`))]);
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(run("promtool", "check", "rules", ...ruleFiles.map((name) => `rules/${name}`))).toMatchObject({ status: 0 });
  });

  it("shows each alert firing and ending", () => {
    const { status, said } = run("promtool", "test", "rules", ...ruleTestFiles.map((name) => `rules/tests/${name}`));
    expect([status, said]).toEqual([0, expect.stringContaining("SUCCESS")]);
    // 13 s of CPU
  }, 600_000);
});
