/** Every query of every dashboard, as Grafana would ask it, and which of them can have an answer here. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { panelsOf, readBoards } from "../../compose/monitoring/grafana/testing/boards.ts";
import { readExporters } from "../../compose/monitoring/testing/exporter-metrics.ts";
import { metricNames } from "../../compose/monitoring/testing/promql.ts";
import { root } from "../harness/product.ts";

/** Titles of panels that are empty where all is well, or where what they show did not happen here: why. */
const quiet: Readonly<Record<string, string>> = {
  "Alerts that fire": "nothing has been wrong for long enough",
  "Days left": "no disk was watched for hours",
  "Memory of the card": "no card",
  "Spans dropped": "no traces are made",
  "Memory by gpu-host": "no card",
  "Runs that it took over": "it was not started again",
  "Requests it refused": "it refused none",
  "Longest transaction": "none is open at the moment of a look",
};

export interface Ask {
  /** Board, row and title. */
  name: string;
  /** Why it may have no figures. */
  quiet?: string;
  queries: { expr: string; instant: boolean }[];
  /** Jobs without which it has no answer; any of those of one query. */
  needs: string[];
}

const ranges: Record<string, string> = { __interval: "1m", __rate_interval: "1m", __range: "10m" };

/** @param choices values of the dashboard's own variables. */
function filled(expr: string, choices: Record<string, string>): string {
  return expr.replace(/\$\{?(\w+)\}?/g, (whole, name: string) => ranges[name] ?? choices[name] ?? whole);
}

/** Expressions of recorded names. */
function recorded(): Record<string, string> {
  const folder = join(root, "compose/monitoring/rules");
  const rules = readdirSync(folder)
    .filter((name) => name.endsWith(".yml"))
    .flatMap(
      (name) => (parse(readFileSync(join(folder, name), "utf8")) as { groups: { rules: { record?: string; expr: string }[] }[] }).groups,
    )
    .flatMap((group) => group.rules);
  return Object.fromEntries(rules.flatMap(({ record, expr }) => (record === undefined ? [] : [[record, expr]])));
}

export function asks(): Ask[] {
  const jobOf = new Map(Object.entries(readExporters()).flatMap(([job, { metrics }]) => metrics.map((name) => [name, job] as const)));
  const rules = recorded();
  const jobsOf = (expr: string): string[] =>
    metricNames(expr).flatMap((name) => {
      if (rules[name] !== undefined) return jobsOf(rules[name]);
      return name.startsWith("gpu_host_") ? ["gpu-host"] : (jobOf.get(name) ?? "server");
    });
  return readBoards().flatMap((board) =>
    panelsOf(board).map(({ name, title, targets }) => ({
      name,
      ...(quiet[title] === undefined ? {} : { quiet: quiet[title] }),
      queries: targets.flatMap(({ expr, instant }) =>
        [".+", "render_image"].flatMap((tool, index) =>
          index === 0 || expr.includes("$tool") ? [{ expr: filled(expr, { tool }), instant }] : [],
        ),
      ),
      needs: [...new Set(targets.slice(0, 1).flatMap(({ expr }) => jobsOf(expr)))],
    })),
  );
}
