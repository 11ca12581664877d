/** What is measured, for Prometheus: counters and histograms as things happen, the state of the queue when it is asked for. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { DeliveryBacklog } from "../core/ports/delivery-store.ts";
import type { OpenJob, WaitingFamily } from "../core/ports/job-store.ts";
import type { Metrics } from "../core/ports/metrics.ts";

export interface MetricsSources {
  waiting(): Promise<WaitingFamily[]>;
  open(): Promise<OpenJob[]>;
  deliveries(): Promise<DeliveryBacklog>;
  version: string;
  /** How long a scrape waits for the database. Default 3000. */
  milliseconds?: number;
}

export interface PrometheusMetrics extends Metrics {
  /** Never throws and never waits long: without a database the queue's gauges are absent and `myspinbot_database_up` is 0. */
  text(): Promise<{ contentType: string; body: string }>;
}

/** prom-client names these gauges as if they were counters, which `promtool` refuses. */
const misnamed = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];

const stageBuckets = [0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400];
const turnBuckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300];
const requestBuckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
const endings = new Set(["succeeded", "failed", "canceled"]);

/** A label's value, of which there may be at most `limit` different ones; all others share `other`. A caller's mistake must not fill Prometheus. */
function bounded(limit = 100): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= limit) return "other";
    known.add(value);
    return value;
  };
}

/** Not a number, or below zero after a clock was set: counted as nothing rather than thrown. */
const positive = (value: number) => (Number.isFinite(value) && value > 0 ? value : 0);

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer")), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function createMetrics({ waiting, open, deliveries, version, milliseconds = 3000 }: MetricsSources): PrometheusMetrics {
  const registry = new Registry();
  const registers = [registry];
  const [tools, families, routes] = [bounded(), bounded(), bounded()];
  // the usual hundred looks a second would keep an idle machine awake
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  for (const name of misnamed) registry.removeSingleMetric(name);

  const counter = <L extends string>(name: string, help: string, labelNames: L[]) => new Counter({ name, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: L[]) => new Gauge({ name, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, labelNames: L[], buckets: number[]) =>
    new Histogram({ name, help, labelNames, buckets, registers });

  const accepted = counter("myspinbot_jobs_accepted_total", "Jobs accepted, that is committed to the database.", ["tool"]);
  const jobs = counter("myspinbot_jobs_total", "Jobs that ended in an attempt, by outcome.", ["tool", "outcome"]);
  const attempts = counter("myspinbot_attempts_total", "Attempts that ended, by outcome; requeued and lost ones are followed by another.", [
    "tool",
    "outcome",
  ]);
  const stages = histogram("myspinbot_stage_seconds", "Time a job spent in one stage.", ["tool", "stage"], stageBuckets);
  const fenced = counter(
    "myspinbot_attempts_fenced_total",
    "Late results that were thrown away because another attempt had taken over.",
    [],
  );
  const reconciled = counter("myspinbot_reconciled_total", "Jobs added to the queue again (readded) and orphaned files removed (swept).", [
    "action",
  ]);
  const switches = counter("myspinbot_family_switches_total", "Times a lane opened another family, by the family opened.", ["family"]);
  const releases = counter(
    "myspinbot_card_releases_total",
    "Times memory of the card was asked back: freed, still kept after all patience, or unchecked because nobody tells.",
    ["holder", "outcome"],
  );
  const trainings = counter(
    "myspinbot_trainings_begun_total",
    "Trainings that an engine began or went on with: fresh, adopted, resumed from a saved step, restarted from step 0.",
    ["how"],
  );
  const turns = histogram(
    "myspinbot_agent_turn_seconds",
    "Time of an agent's turn from the message to its last part.",
    ["planner"],
    turnBuckets,
  );
  const requests = histogram(
    "myspinbot_http_request_seconds",
    "Time of an HTTP request until its answer ended; streams last as long as they are watched.",
    ["method", "route", "status"],
    requestBuckets,
  );
  const depth = gauge("myspinbot_queue_jobs", "Jobs waiting, by family.", ["family"]);
  const oldest = gauge("myspinbot_queue_oldest_age_seconds", "Time that the job which goes next has been waiting, by family.", ["family"]);
  const opened = gauge("myspinbot_jobs_open", "Jobs that are not finished, by state.", ["state"]);
  const delivered = counter(
    "myspinbot_deliveries_total",
    "Results brought to a chat (delivered), tries that failed, given up (dead), asked for again.",
    ["outcome"],
  );
  const owed = gauge("myspinbot_deliveries_open", "Deliveries that are not acknowledged: pending, or dead and waiting for a person.", [
    "state",
  ]);
  const owedAge = gauge(
    "myspinbot_deliveries_oldest_age_seconds",
    "Longest time that a finished job's result has been owed to its chat.",
    [],
  );
  const up = gauge("myspinbot_database_up", "Whether the database answered when this was asked for (1) or not (0).", []);
  gauge("myspinbot_build_info", "Always 1; the label tells the version.", ["version"]).set({ version }, 1);
  // a rate needs a zero to start from
  fenced.inc(0);
  for (const action of ["readded", "swept"]) reconciled.inc({ action }, 0);
  for (const outcome of ["delivered", "failed", "dead", "redelivered"]) delivered.inc({ outcome }, 0);

  async function readQueue(): Promise<void> {
    let found: [WaitingFamily[], OpenJob[], DeliveryBacklog] | undefined;
    try {
      found = await within(milliseconds, Promise.all([waiting(), open(), deliveries()]));
    } catch {
      found = undefined;
    }
    for (const each of [depth, oldest, opened, owed]) each.reset();
    // without labels a reset would say 0, which is not known
    owedAge.remove();
    up.set(found ? 1 : 0);
    if (!found) return;
    for (const each of found[0]) {
      const family = families(each.family);
      depth.inc({ family }, each.jobs);
      oldest.set({ family }, positive((Date.now() - each.firstQueuedAt.getTime()) / 1000));
    }
    for (const state of ["pending", "dead"] as const) owed.set({ state }, found[2][state]);
    owedAge.set(positive(found[2].oldestSeconds));
    for (const state of ["queued", "running", "canceling"]) opened.set({ state }, found[1].filter((job) => job.state === state).length);
  }

  return {
    jobAccepted: (tool) => accepted.inc({ tool: tools(tool) }),
    attemptEnded(tool, outcome) {
      const labels = { tool: tools(tool), outcome };
      attempts.inc(labels);
      if (endings.has(outcome)) jobs.inc(labels);
    },
    stage: (tool, stage, seconds) => stages.observe({ tool: tools(tool), stage }, positive(seconds)),
    fenced: () => fenced.inc(),
    reconciled: (action, count) => reconciled.inc({ action }, positive(count)),
    familySwitched: (to) => switches.inc({ family: families(to) }),
    cardReleased: (holder, outcome) => releases.inc({ holder, outcome }),
    trainingBegan: (how) => trainings.inc({ how }),
    turn: (planner, seconds) => turns.observe({ planner }, positive(seconds)),
    delivery: (outcome) => delivered.inc({ outcome }),
    request(method, route, status, seconds) {
      const known = status >= 100 && status <= 599 ? String(Math.trunc(status)) : "other";
      requests.observe({ method: methods.has(method) ? method : "other", route: routes(route), status: known }, positive(seconds));
    },
    async text() {
      await readQueue();
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}
