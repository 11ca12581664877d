/** Whether the parts below work: for whoever looks for a cause. */
import { type Board, lines, type Section, shared, stat, states, table, upWords } from "./panel.ts";
import { machine } from "./plumbing-machine.ts";
import { stores } from "./plumbing-stores.ts";

const ours = 'job=~"server|worker"';
const perMinute = (metric: string, by: string, more = "") => `sum by (${by}) (rate(${metric}${more}[5m])) * 60`;

const parts: Section = {
  title: "Parts",
  panels: [
    states(
      "What is scraped",
      "Green while a part answered Prometheus. What is not in the list is not running, or in a profile that is off.",
      [{ expr: "min by (job, instance) (up)", legend: "{{job}} {{instance}}" }],
      {
        ...{ unit: "none", words: upWords, height: 10 },
      },
    ),
    states(
      "What is asked from outside",
      "Green while the program answered a request.",
      [{ expr: "min by (instance) (probe_success)", legend: "{{instance}}" }],
      {
        ...{ unit: "none", words: upWords, height: 10, width: 6, nothing: "no blackbox exporter" },
      },
    ),
    states(
      "Engines",
      "Green while the engine answered the studio.",
      [{ expr: "min by (engine) (myspinbot_engine_up)", legend: "{{engine}}" }],
      {
        ...{ unit: "none", words: upWords, height: 10, width: 6 },
      },
    ),
    stat(
      "Lanes",
      "Workers that take jobs: with a card, and for what needs none.",
      [{ expr: shared("myspinbot_lanes", "kind"), legend: "{{kind}}" }],
      {
        ...{ unit: "none", decimals: 0, show: "both", calm: "red", limits: [[1, "green"]], nothing: "no answer" },
      },
    ),
    table("Who works", "Every lane that is connected: its host and process.", "max by (worker, kind) (myspinbot_lane_info)", {
      ...{ unit: "none", columns: { worker: "Host and process", kind: "Kind" }, height: 6, width: 8, nothing: "nobody" },
    }),
    table(
      "Versions",
      "Of every process, and whether it ends just now.",
      [
        { expr: "max by (job, instance, version) (myspinbot_build_info)" },
        { expr: "max by (job, instance) (myspinbot_draining)", legend: "Ends" },
      ],
      { unit: "none", columns: { job: "Part", instance: "Where", version: "Version" }, height: 6, width: 8 },
    ),
    stat("Clock", "The largest difference between a process's clock and the database's.", "max(abs(myspinbot_clock_skew_seconds))", {
      ...{ unit: "s", decimals: 2, nothing: "no answer" },
      limits: [
        [2, "orange"],
        [10, "red"],
      ],
    }),
  ],
};

const queue: Section = {
  title: "Queue, reconcile, fences",
  panels: [
    stat("Queue", "Whether every process reaches it.", "min(myspinbot_queue_up)", { unit: "none", words: upWords, nothing: "no answer" }),
    stat(
      "Added again",
      "Jobs in the last day that the queue had lost and that the reconciler put back. None is usual.",
      'sum(increase(myspinbot_reconciled_total{action="readded"}[24h]))',
      {
        ...{ unit: "none", decimals: 0, limits: [[1, "orange"]], nothing: "0" },
      },
    ),
    stat(
      "Late results",
      "Results in the last day that came after another attempt had taken over, and were thrown away.",
      "sum(increase(myspinbot_attempts_fenced_total[24h]))",
      {
        ...{ unit: "none", decimals: 0, limits: [[1, "orange"]], nothing: "0" },
      },
    ),
    stat(
      "Orphaned files",
      "Stored files in the last day that no row named, and that were removed.",
      'sum(increase(myspinbot_reconciled_total{action="swept"}[24h]))',
      {
        ...{ unit: "none", decimals: 0, calm: "blue", nothing: "0" },
      },
    ),
    stat(
      "Lost or put back",
      "Attempts in the last day that were followed by another.",
      'sum(increase(myspinbot_attempts_total{outcome=~"lost|requeued"}[24h]))',
      {
        ...{ unit: "none", decimals: 0, calm: "blue", limits: [[20, "orange"]], nothing: "0" },
      },
    ),
    stat(
      "Spans dropped",
      "Parts of traces in the last day that no collector took. Only where traces are made: docs/tracing.md.",
      "sum(increase(myspinbot_traces_dropped_total[24h]))",
      {
        ...{ unit: "none", decimals: 0, limits: [[1, "orange"]], nothing: "no traces" },
      },
    ),
    lines(
      "Accepted and ended",
      "Jobs a minute.",
      [
        { expr: "sum(rate(myspinbot_jobs_accepted_total[5m])) * 60", legend: "accepted" },
        { expr: "sum(rate(myspinbot_jobs_total[5m])) * 60", legend: "ended" },
      ],
      { unit: "none", min: 0, width: 8 },
    ),
    lines("Age of what goes next", "By family.", [{ expr: shared("myspinbot_queue_oldest_age_seconds", "family"), legend: "{{family}}" }], {
      ...{ unit: "s", min: 0, width: 8, nothing: "nothing waits" },
    }),
    lines(
      "Memory asked back",
      "Times an hour that room was made on the card: freed, still kept after all patience, or unchecked because nobody tells.",
      [{ expr: "sum by (holder, outcome) (increase(myspinbot_card_releases_total[1h]))", legend: "{{holder}} {{outcome}}" }],
      { unit: "none", style: "stack", min: 0, decimals: 0, width: 8, nothing: "never" },
    ),
  ],
};

const deliveries: Section = {
  title: "Deliveries and HTTP",
  panels: [
    lines(
      "Deliveries",
      "Results brought to a chat, tries that failed, given up, asked for again; each hour.",
      [{ expr: "sum by (outcome) (increase(myspinbot_deliveries_total[1h]))", legend: "{{outcome}}" }],
      { unit: "none", min: 0, decimals: 0, width: 8 },
    ),
    lines(
      "Owed",
      "Results that have not reached their chat: pending, or dead and waiting for a person.",
      [{ expr: shared("myspinbot_deliveries_open", "state"), legend: "{{state}}" }],
      { unit: "none", min: 0, decimals: 0, width: 8 },
    ),
    lines(
      "Longest owed",
      "How long the oldest result has waited for its chat.",
      [{ expr: shared("myspinbot_deliveries_oldest_age_seconds"), legend: "oldest" }],
      {
        ...{ unit: "s", min: 0, width: 8, limits: [[600, "orange"]] },
      },
    ),
    lines(
      "Requests",
      "HTTP requests a minute by status.",
      [{ expr: perMinute("myspinbot_http_request_seconds_count", "status"), legend: "{{status}}" }],
      {
        ...{ unit: "none", style: "stack", min: 0, width: 8 },
      },
    ),
    lines(
      "Slow routes",
      "95 of 100 requests were faster; streams, which last as long as they are watched, are left out.",
      [
        {
          expr: 'topk(8, histogram_quantile(0.95, sum by (le, route) (rate(myspinbot_http_request_seconds_bucket{route!~".*/(events|chat|completions)|/mcp|/v1/deliveries/claim"}[5m]))))',
          legend: "{{route}}",
        },
      ],
      { unit: "s", min: 0, width: 8 },
    ),
    table(
      "Requests that failed",
      "In the time chosen above, by route.",
      [
        {
          expr: 'sum by (route, status) (increase(myspinbot_http_request_seconds_count{status=~"[45].."}[$__range])) > 0',
          legend: "Times",
        },
      ],
      { unit: "none", decimals: 0, columns: { route: "Route", status: "Status" }, width: 8, nothing: "none" },
    ),
  ],
};

const processes: Section = {
  title: "Processes of the studio",
  panels: [
    lines(
      "Memory",
      "Resident memory of servers and workers.",
      [{ expr: `max by (job, instance) (process_resident_memory_bytes{${ours}})`, legend: "{{job}} {{instance}}" }],
      {
        ...{ unit: "bytes", min: 0, width: 6 },
      },
    ),
    lines(
      "CPU",
      "Of one core.",
      [{ expr: `sum by (job, instance) (rate(process_cpu_seconds_total{${ours}}[5m]))`, legend: "{{job}} {{instance}}" }],
      {
        ...{ unit: "percentunit", min: 0, width: 6 },
      },
    ),
    lines(
      "Event loop",
      "How late 99 of 100 turns were at most. Above a second the process hardly answers.",
      [{ expr: `max by (job, instance) (nodejs_eventloop_lag_p99_seconds{${ours}})`, legend: "{{job}} {{instance}}" }],
      { unit: "s", min: 0, width: 6, limits: [[1, "red"]] },
    ),
    lines(
      "Open files",
      "Share of what the process may open.",
      [{ expr: `max by (job, instance) (process_open_fds{${ours}} / process_max_fds{${ours}})`, legend: "{{job}} {{instance}}" }],
      {
        ...{ unit: "percentunit", min: 0, width: 6, limits: [[0.8, "red"]] },
      },
    ),
  ],
};

export const plumbing: Board = {
  ...{ uid: "plumbing", title: "Plumbing", from: "now-6h" },
  about: "Whether the parts below work: queue, database, Redis, files, deliveries, processes, the machine, and what watches them.",
  sections: [parts, queue, deliveries, ...stores, processes, ...machine],
};
