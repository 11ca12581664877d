/** Metrics of other programs that rules and dashboards rely on, as exporter-metrics.json lists them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

interface Exporter {
  program: string;
  /** In which version, and how. */
  read: string;
  metrics: string[];
}

/** By the job that scrapes them. */
export function readExporters(): Record<string, Exporter> {
  return (JSON.parse(readFileSync(join(import.meta.dirname, "exporter-metrics.json"), "utf8")) as { jobs: Record<string, Exporter> }).jobs;
}

export const exporterMetrics = (): Set<string> => new Set(Object.values(readExporters()).flatMap(({ metrics }) => metrics));
