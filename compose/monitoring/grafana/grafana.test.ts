/** Dashboards and their provisioning: that Grafana can read them, and that nothing is asked for that nobody tells. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { createMetrics } from "../../../platform/metrics.ts";
import { exporterMetrics } from "../testing/exporter-metrics.ts";
import { metricNames } from "../testing/promql.ts";
import { boards } from "./source/boards.ts";
import { dashboardJson } from "./source/dashboard.ts";
import { grafana, panelsOf, readBoards } from "./testing/boards.ts";

const files = readBoards();
const repository = join(grafana, "../../..");
const text = (path: string) => readFileSync(join(repository, path), "utf8");

/** Every name that this program tells, told or not yet. */
async function ourNames(): Promise<string[]> {
  const metrics = createMetrics({
    waiting: async () => [],
    open: async () => [],
    deliveries: async () => ({ pending: 0, dead: 0, oldestSeconds: 0 }),
    version: "1",
  });
  const nothing = async () => undefined;
  metrics.watch({
    ...{ tools: [], engines: {}, chatModel: async () => "absent" as const, queue: nothing, storage: nothing, disks: {} },
    tracesDropped: () => 0,
  });
  const { body } = await metrics.text();
  return [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = "", type]) =>
    type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
}

const gpuHostNames = (): string[] =>
  [...text("workers/gpu-host/gpu_host/metrics.py").matchAll(/"(gpu_host_\w+)"/g)].map(([, name = ""]) => name);

function recordedNames(): string[] {
  const folder = "compose/monitoring/rules";
  return readdirSync(join(repository, folder))
    .filter((name) => name.endsWith(".yml"))
    .flatMap((name) => (parse(text(`${folder}/${name}`)) as { groups: { rules: { record?: string }[] }[] }).groups)
    .flatMap(({ rules }) => rules.flatMap(({ record }) => record ?? []));
}

describe("a dashboard", () => {
  it("is what its source says: npm run dashboards writes it", () => {
    for (const board of boards)
      expect(files.find(({ uid }) => uid === board.uid)).toEqual(JSON.parse(JSON.stringify(dashboardJson(board))));
    expect(files.map(({ uid }) => uid).sort()).toEqual(["job", "plumbing", "studio"]);
  });

  it.each(files.map((board) => [board.title, board] as const))(
    "%s asks the provisioned source alone, and its panels have numbers of their own",
    (_title, board) => {
      expect(board.schemaVersion).toBeGreaterThanOrEqual(39);
      const ids = board.panels.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const panel of panelsOf(board)) {
        expect([panel.title, panel.datasource]).toEqual([panel.title, { type: "prometheus", uid: "prometheus" }]);
        for (const target of panel.targets) expect(target.datasource.uid).toBe("prometheus");
        expect(new Set(panel.targets.map(({ refId }) => refId)).size).toBe(panel.targets.length);
      }
      for (const variable of board.templating.list) expect(variable.datasource.uid).toBe("prometheus");
    },
  );

  it.each(files.map((board) => [board.title, board] as const))(
    "%s has panels that lie beside each other, within 24 columns",
    (_title, board) => {
      const taken = new Map<string, string>();
      for (const { title, gridPos } of board.panels) {
        expect([title, gridPos.x >= 0 && gridPos.x + gridPos.w <= 24 && gridPos.h > 0]).toEqual([title, true]);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            expect(`${taken.get(`${x}:${y}`) ?? "nothing"} where ${title} lies`).toBe(`nothing where ${title} lies`);
            taken.set(`${x}:${y}`, title);
          }
      }
    },
  );

  it.each(files.map((board) => [board.title, board] as const))(
    "%s has panels that say what they show, in a unit, with limits that rise",
    (_title, board) => {
      const names = panelsOf(board).map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      expect(names.length).toBeGreaterThan(10);
      for (const { title, description = "", fieldConfig } of panelsOf(board)) {
        expect([title, description.length > 4]).toEqual([title, true]);
        expect([title, fieldConfig?.defaults.unit]).toEqual([title, expect.stringMatching(/^[a-zA-Z]+$/)]);
        const limits = fieldConfig?.defaults.thresholds.steps.map(({ value }) => value) ?? [];
        expect([title, limits[0], limits.slice(1)]).toEqual([title, null, limits.slice(1).sort((a, b) => Number(a) - Number(b))]);
      }
    },
  );

  it("asks only for what the studio, gpu-host, a rule or a listed exporter tells", async () => {
    const known = new Set([...(await ourNames()), ...gpuHostNames(), ...recordedNames(), ...exporterMetrics()]);
    const unknown = files.flatMap((board) =>
      panelsOf(board).flatMap(({ name: panel, targets }) =>
        targets.flatMap(({ expr }) =>
          metricNames(expr)
            .filter((name) => !known.has(name))
            .map((name) => `${panel}: ${name}`),
        ),
      ),
    );
    expect(unknown).toEqual([]);
  });

  it("sums no figure that every process tells alike", () => {
    // as many times too much as there are processes
    const alike = /sum(?: by \([^)]*\))? ?\((myspinbot_(?:queue_jobs|queue_oldest|jobs_open|deliveries_o|lanes|card_held|backup)\w*)/;
    for (const board of files)
      for (const { title, targets } of panelsOf(board))
        for (const { expr } of targets) expect([title, alike.test(expr)]).toEqual([title, false]);
  });
});

it("the names in an expression are told from functions, labels, strings and durations", () => {
  expect(
    metricNames('sum by (le, tool) (rate(a_bucket{outcome="b_total"}[5m])) / on (instance) group_left (c) d:e:f offset 5m > bool 0.5e3'),
  ).toEqual(["a_bucket", "d:e:f"]);
  expect(metricNames('label_replace(max(up) == 1, "x", "y", "", "") or vector(0) unless ALERTS')).toEqual(["up", "ALERTS"]);
});

describe("provisioning", () => {
  const read = (path: string) => parse(readFileSync(join(grafana, "provisioning", path), "utf8"));

  it("names the source that dashboards ask for, and lets nobody edit it", () => {
    const { datasources } = read("datasources/prometheus.yaml");
    expect(datasources).toMatchObject([
      { uid: "prometheus", type: "prometheus", url: "http://prometheus:9090", isDefault: true, editable: false },
    ]);
  });

  it("loads the folder that compose mounts", () => {
    const { providers } = read("dashboards/studio.yaml");
    expect(providers).toMatchObject([{ type: "file", allowUiUpdates: false, options: { path: "/etc/grafana/dashboards" } }]);
  });
});
