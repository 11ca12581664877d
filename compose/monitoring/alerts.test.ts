/** Every alert: what it says, that a test shows it firing and ending, what to do about it, and that its metrics exist. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { panelsOf, readBoards } from "./grafana/testing/boards.ts";
import { exporterMetrics, readExporters } from "./testing/exporter-metrics.ts";
import { metricNames } from "./testing/promql.ts";
import { alerts, monitoring, rules, ruleTests } from "./testing/rules.ts";

const root = join(monitoring, "../..");
const runbook = readFileSync(join(root, "docs/runbook.md"), "utf8");
const sources = (folder: string, match: RegExp) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => match.test(name) && !name.endsWith(".test.ts"))
    .map((name) => readFileSync(join(root, folder, name), "utf8"));
const named = (texts: string[], pattern: RegExp) => texts.flatMap((text) => [...text.matchAll(pattern)].map((found) => found[1] ?? ""));
const ours = new Set([
  ...named(sources("platform", /metrics.*\.ts$/), /"(myspinbot_[a-z_]+)"/g),
  ...named(sources("workers/gpu-host/gpu_host", /metrics\.py$/), /"(gpu_host_[a-z_]+)"/g),
]);
const recorded = new Set(rules.flatMap((rule) => rule.record ?? []));
const seconds = (time: string) => {
  const [, number = "", unit = ""] = /^(\d+)([smhd])$/.exec(time) ?? [];
  return Number(number) * ({ s: 1, m: 60, h: 3600, d: 86_400 }[unit] ?? Number.NaN);
};

describe.each(alerts.map((alert) => [alert.alert, alert] as const))("%s", (name, alert) => {
  it("has a severity, and says in words what it is, with its figure", () => {
    expect(alert.labels?.["severity"]).toMatch(/^(critical|warning|info)$/);
    expect(alert.annotations?.["summary"]).toMatch(/\w{3}/);
    expect(alert.annotations?.["description"]).toMatch(/\w.*\.$/);
    // where it fires at nothing or at zero there is no figure to tell
    if (!/== 0|absent\(/.test(alert.expr)) expect(alert.annotations?.["description"]).toContain("$value");
  });

  it("is shown to fire, and to end afterwards", () => {
    const tests = ruleTests.filter((test) => test.name.startsWith(`${name}: `));
    expect(tests.length).toBeGreaterThan(0);
    for (const test of tests) {
      const looks = test.alert_rule_test.filter((look) => look.alertname === name);
      const fires = looks.findIndex((look) => look.exp_alerts.length > 0);
      const ends = looks.findIndex((look) => look.exp_alerts.length === 0);
      expect([test.name, fires, ends]).toEqual([test.name, 0, 1]);
      expect(seconds(looks[1]?.eval_time ?? "")).toBeGreaterThan(seconds(looks[0]?.eval_time ?? ""));
    }
  });

  it("has a section in the runbook that says where to look and what to do", () => {
    expect(alert.annotations?.["runbook_url"]).toBe(`docs/runbook.md#${name.toLowerCase()}`);
    const section = runbook.split(new RegExp(`^### ${name}$`, "m"))[1]?.split(/^#/m)[0];
    expect(section).toMatch(/^- Look/m);
    expect(section).toMatch(/^- (Do|Look and do):/m);
  });
});

it("has no two alerts of one name, and no section or test without its alert", () => {
  const names = alerts.map((alert) => alert.alert);
  expect(new Set(names).size).toBe(names.length);
  expect([...runbook.matchAll(/^### (.*)$/gm)].map((found) => found[1]).sort()).toEqual([...names].sort());
  expect(names).toEqual(expect.arrayContaining(ruleTests.flatMap((test) => test.alert_rule_test.map((look) => look.alertname))));
});

it("links in the runbook only to sections that it has", () => {
  const sections = new Set([...runbook.matchAll(/^#+ (.*)$/gm)].map((found) => (found[1] ?? "").toLowerCase()));
  for (const [, anchor = ""] of runbook.matchAll(/\]\(#([^)]*)\)/g)) expect(sections).toContain(anchor);
});

it("gives commands in the runbook for services, scripts and settings that there are", () => {
  const { services } = parse(readFileSync(join(root, "compose/compose.yaml"), "utf8"), { merge: true, logLevel: "error" }) as {
    services: object;
  };
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
  const calls = [...runbook.matchAll(/\bdc (up|restart|stop|ps|logs|exec)\b([^`\n#]*)/g)];
  expect(calls.length).toBeGreaterThan(40);
  for (const [call, verb = "", rest = ""] of calls) {
    const words = rest.split(/\s+/).filter((word) => /^[a-z][a-z-]*$/.test(word));
    const named = verb === "exec" ? words.slice(0, 1) : words;
    expect([call, named.filter((name) => !(name in services))]).toEqual([call, []]);
  }
  for (const [, name = ""] of runbook.matchAll(/npm run ([\w:]+)/g)) expect(scripts).toHaveProperty([name]);
  const known = readFileSync(join(root, "compose/.env.example"), "utf8") + readFileSync(join(root, "config/settings.ts"), "utf8");
  for (const [, name = ""] of runbook.matchAll(/`([A-Z][A-Z0-9]*_[A-Z0-9_]+)\b/g))
    expect([name, known.includes(name)]).toEqual([name, true]);
});

it("uses only metrics that the studio, gpu-host or an exporter has, or that a rule records", () => {
  const others = exporterMetrics();
  const known = (metric: string) => ours.has(metric) || recorded.has(metric) || others.has(metric);
  const unknown = rules.flatMap((rule) => metricNames(rule.expr).map((metric) => [rule.alert ?? rule.record, metric] as const));
  expect(unknown.length).toBeGreaterThan(40);
  expect(unknown.filter(([, metric]) => !known(metric))).toEqual([]);
});

it("lists no exporter's metric that neither a rule nor a panel asks for, and each under a job that scrapes it", () => {
  const panels = readBoards().flatMap((board) => panelsOf(board).flatMap(({ targets }) => targets.map(({ expr }) => expr)));
  const asked = new Set([...rules.map(({ expr }) => expr), ...panels].flatMap(metricNames));
  expect([...exporterMetrics()].filter((metric) => !asked.has(metric))).toEqual([]);
  const all = Object.values(readExporters()).flatMap(({ metrics }) => metrics);
  expect(all.filter((metric, at) => all.indexOf(metric) !== at)).toEqual([]);
  const { scrape_configs: jobs } = parse(readFileSync(join(monitoring, "prometheus/prometheus.yml"), "utf8")) as {
    scrape_configs: { job_name: string }[];
  };
  expect(jobs.map((job) => job.job_name)).toEqual(expect.arrayContaining(Object.keys(readExporters())));
});

it("finds the names of metrics in an expression, and nothing else", () => {
  expect(
    metricNames('sum by (family) (rate(a_total{b="c d"}[5m])) / on (x) studio:d:e > 0.3e2 and vector(0) == time() or f offset 30m'),
  ).toEqual(expect.arrayContaining(["a_total", "studio:d:e", "f"]));
  expect(metricNames('max(a) unless on () (b{c="d"} > 900)')).toEqual(["a", "b"]);
});

it("counts as waiting for the card what the processor's engines do not do", () => {
  const engines = sources("workers/engines", /^[^/]+\/[^/]+\.ts$/).filter((text) => /gpu: false/.test(text));
  const families = engines.flatMap((text) =>
    [...text.matchAll(/families: \[("[^\]]*)\]/g)].flatMap((found) => JSON.parse(`[${found[1]}]`) as string[]),
  );
  const expr = rules.find((rule) => rule.record === "studio:card_jobs_waiting")?.expr ?? "";
  expect(/family!~"([^"]*)"/.exec(expr)?.[1]?.split("|").sort()).toEqual([...new Set(families)].sort());
});
