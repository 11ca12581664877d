/** A real Prometheus with the product's own scrape jobs and rules; only where things are, and how often they are asked, is changed. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { freePort } from "../../platform/bullmq/testing/redis-server.ts";
import { command, root, until } from "../harness/product.ts";
import type { Target } from "./parts.ts";

interface ScrapeJob {
  job_name: string;
  relabel_configs?: { source_labels?: string[]; replacement?: string; target_label?: string }[];
  authorization?: { credentials_file?: string };
  [key: string]: unknown;
}

interface Settings {
  global: Record<string, string>;
  rule_files: string[];
  scrape_configs: ScrapeJob[];
  [key: string]: unknown;
}

export interface Sample {
  metric: Record<string, string>;
  values: number[];
}

export interface Prometheus {
  /** Newest values, or those of the last five minutes. Rejects with Prometheus's words where the query is wrong. */
  ask(expr: string, instant: boolean): Promise<Sample[]>;
  /** Jobs of the product's settings. */
  readonly jobs: readonly string[];
  api<T>(path: string): Promise<T>;
  end(): Promise<void>;
}

const product = join(root, "compose/monitoring");

async function scrapeJob(job: ScrapeJob, found: readonly Target[], base: string): Promise<ScrapeJob> {
  const kept = Object.fromEntries(
    Object.entries(job).filter(([key]) => !key.endsWith("_sd_configs") && key !== "static_configs"),
  ) as ScrapeJob;
  const [first] = found;
  const keyFile = join(base, `${job.job_name}.key`);
  if (first?.key !== undefined) await writeFile(keyFile, first.key, { mode: 0o600 });
  // names that compose gives, and that our targets bring themselves
  const relabel = (job.relabel_configs ?? [])
    .filter(({ source_labels = [] }) => !source_labels.some((label) => label.startsWith("__meta_")))
    .map((rule) => (first?.through !== undefined && rule.replacement?.includes(":") ? { ...rule, replacement: first.through } : rule));
  return {
    ...kept,
    ...{ scrape_interval: "1s", scrape_timeout: "1s", relabel_configs: relabel },
    ...(job.authorization ? { authorization: { ...job.authorization, credentials_file: keyFile } } : {}),
    static_configs: found.map(({ address, instance }) => ({ targets: [address], labels: { instance } })),
  };
}

export async function startPrometheus(base: string, targets: Record<string, Target[]>): Promise<Prometheus> {
  const port = await freePort();
  const folder = join(base, "prometheus");
  await mkdir(folder);
  const settings = parse(await readFile(join(product, "prometheus/prometheus.yml"), "utf8"), { merge: true }) as Settings;
  const here: Record<string, Target[]> = { ...targets, prometheus: [{ address: `127.0.0.1:${port}`, instance: "prometheus" }] };
  const scraped = settings.scrape_configs.filter(({ job_name }) => here[job_name]);
  const config = {
    global: { ...settings.global, scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
    rule_files: settings.rule_files.map((path) => join(product, "prometheus", path)),
    scrape_configs: await Promise.all(scraped.map((job) => scrapeJob(job, here[job.job_name] ?? [], folder))),
  };
  await writeFile(join(folder, "prometheus.yml"), stringify(config, { aliasDuplicateObjects: false }));
  const server = command(
    "prometheus",
    [
      ...[`--config.file=${join(folder, "prometheus.yml")}`, `--storage.tsdb.path=${join(folder, "tsdb")}`],
      ...[`--web.listen-address=127.0.0.1:${port}`, "--log.level=warn"],
    ],
    { cwd: folder },
  );
  const address = `http://127.0.0.1:${port}`;
  const early = server.ended.then((code) => Promise.reject(new Error(`Prometheus ended with ${code}: ${server.stderr}`)));
  early.catch(() => undefined);
  const ready = () =>
    fetch(`${address}/-/ready`).then(
      (answer) => answer.ok,
      () => false,
    );
  await Promise.race([early, until(ready, "Prometheus is ready", 30_000)]);

  const api = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`${address}/api/v1/${path}`);
    const body = (await answer.json()) as { status: string; error?: string; data: T };
    if (body.status !== "success") throw new Error(body.error ?? `HTTP ${answer.status}`);
    return body.data;
  };
  return {
    api,
    jobs: settings.scrape_configs.map(({ job_name }) => job_name),
    async ask(expr, instant) {
      const now = Date.now() / 1000;
      const query = `query=${encodeURIComponent(expr)}`;
      type Found = {
        resultType: string;
        result: { metric: Record<string, string>; value?: [number, string]; values?: [number, string][] }[];
      };
      const { result } = await api<Found>(instant ? `query?${query}` : `query_range?${query}&start=${now - 300}&end=${now}&step=5`);
      return result.map(({ metric, value, values = [] }) => ({
        metric,
        values: (value ? [value] : values).map(([, text]) => Number(text)).filter((each) => !Number.isNaN(each)),
      }));
    },
    async end() {
      server.child.kill("SIGTERM");
      await server.ended;
    },
  };
}
