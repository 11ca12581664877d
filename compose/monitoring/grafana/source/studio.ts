/** "Is my stuff moving?": what a person at home looks at. */
import { type Board, bars, gauge, lines, type Section, shared, stat, states, table, upWords } from "./panel.ts";

const ended = (outcome: string, time = "24h") => `sum(increase(myspinbot_jobs_total{outcome=~"${outcome}"}[${time}]))`;

/** Nothing waits and the database says so: that is 0, and not the same as no answer. */
const orNone = (query: string) => `${query} or ${shared("myspinbot_database_up")} * 0`;

const moving: Section = {
  title: "Is my stuff moving?",
  panels: [
    stat("Running", "Jobs that a worker has in hand now.", shared('myspinbot_jobs_open{state="running"}'), {
      ...{ unit: "none", decimals: 0, calm: "blue", nothing: "no answer" },
    }),
    stat("Waiting", "Jobs that are accepted and have not begun.", shared('myspinbot_jobs_open{state="queued"}'), {
      ...{ unit: "none", decimals: 0, limits: [[50, "orange"]], nothing: "no answer" },
    }),
    stat(
      "Longest wait",
      "How long the next job of some line has waited. Long with nothing running: the queue is stuck.",
      orNone(shared("myspinbot_queue_oldest_age_seconds")),
      {
        ...{ unit: "s", decimals: 0, nothing: "no answer" },
        limits: [
          [900, "orange"],
          [7200, "red"],
        ],
      },
    ),
    stat("Done in 24 h", "Jobs that succeeded in the last day.", ended("succeeded"), {
      unit: "none",
      decimals: 0,
      calm: "blue",
      nothing: "0",
    }),
    stat("Failed in 24 h", "Jobs that failed in the last day. What you cancel is not among them.", ended("failed"), {
      ...{ unit: "none", decimals: 0, nothing: "0" },
      limits: [
        [1, "orange"],
        [10, "red"],
      ],
    }),
    stat(
      "Alerts",
      "Alerts that fire now; the table at the end of this page names them.",
      'count(ALERTS{alertstate="firing"}) or vector(0)',
      {
        ...{ unit: "none", decimals: 0, limits: [[1, "red"]] },
      },
    ),
    lines(
      "Finished jobs",
      "Each column is five minutes or more: how many jobs ended in it, and how.",
      [{ expr: "sum by (outcome) (increase(myspinbot_jobs_total[$__interval]))", legend: "{{outcome}}" }],
      { unit: "none", style: "columns", step: "5m", decimals: 0, min: 0 },
    ),
    lines(
      "In line, by what must be loaded",
      "Jobs that wait, by the engine and model family they need. Only one family is on the card at a time.",
      [{ expr: shared("myspinbot_queue_jobs", "family"), legend: "{{family}}" }],
      { unit: "none", style: "stack", decimals: 0, min: 0 },
    ),
  ],
};

const card: Section = {
  title: "The card, and who holds it",
  panels: [
    stat(
      "Who has it",
      "What is loaded for the job that holds the card, or nobody.",
      [
        {
          expr: `max by (family) (myspinbot_card_held) or on () label_replace(${shared("myspinbot_database_up")} == 1, "family", "nobody", "", "")`,
          legend: "{{family}}",
        },
      ],
      { unit: "none", show: "name", calm: "blue", nothing: "no answer" },
    ),
    stat("Since", "How long that job has held the card.", orNone(shared("myspinbot_card_held_seconds")), {
      ...{ unit: "s", decimals: 0, calm: "blue", nothing: "no answer" },
    }),
    gauge("Busy", "How busy the card was in the last moment.", [{ expr: "max by (gpu) (DCGM_FI_DEV_GPU_UTIL)", legend: "card {{gpu}}" }], {
      ...{ unit: "percent", min: 0, max: 100, calm: "blue", height: 4, nothing: "no card exporter" },
    }),
    gauge(
      "Memory in use",
      "How much of the card's memory is in use. Full is usual during a render; full all the time is not.",
      [{ expr: "max by (gpu) (DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE))", legend: "card {{gpu}}" }],
      {
        ...{ unit: "percentunit", min: 0, max: 1, height: 4, nothing: "no card exporter" },
        limits: [
          [0.9, "orange"],
          [0.97, "red"],
        ],
      },
    ),
    gauge(
      "Temperature",
      "Of the card's chip. It slows itself down near 90 °C.",
      [{ expr: "max by (gpu) (DCGM_FI_DEV_GPU_TEMP)", legend: "card {{gpu}}" }],
      {
        ...{ unit: "celsius", min: 20, max: 100, height: 4, nothing: "no card exporter" },
        limits: [
          [80, "orange"],
          [87, "red"],
        ],
      },
    ),
    stat("Power", "What the card draws now.", [{ expr: "max by (gpu) (DCGM_FI_DEV_POWER_USAGE)", legend: "card {{gpu}}" }], {
      ...{ unit: "watt", decimals: 0, calm: "blue", nothing: "no card exporter" },
    }),
    states(
      "Who had it",
      "Coloured while a job held the card, one row for each family. Many short pieces are many changes of model.",
      [{ expr: "max by (family) (myspinbot_card_held)", legend: "{{family}}" }],
      { unit: "none", calm: "blue", nothing: "nobody in this time", height: 7 },
    ),
    lines(
      "Changes of model an hour",
      "Each change costs a load. Dozens an hour for few jobs: jobs of different models take turns.",
      [{ expr: "sum by (family) (increase(myspinbot_family_switches_total[1h]))", legend: "to {{family}}" }],
      { unit: "none", style: "stack", min: 0, decimals: 0, height: 7, nothing: "none yet" },
    ),
  ],
};

const outcome: Section = {
  title: "What came of it",
  panels: [
    bars(
      "Made in 24 h",
      "Results of the last day by kind. A video's poster is not counted.",
      [{ expr: "sum by (kind) (increase(myspinbot_artifacts_total[24h]))", legend: "{{kind}}" }],
      { unit: "none", decimals: 0, min: 0, calm: "blue", width: 6 },
    ),
    stat(
      "Failed share",
      "Of the jobs that succeeded or failed in the last day.",
      `${ended("failed")} / (${ended("succeeded|failed")} > 0)`,
      {
        ...{ unit: "percentunit", decimals: 0, width: 4, height: 8, nothing: "no jobs" },
        limits: [
          [0.1, "orange"],
          [0.5, "red"],
        ],
      },
    ),
    table(
      "By tool, in the time chosen above",
      "How many jobs of each tool succeeded and failed, how long a job took from the wish to the result (half of them were faster), and how long of that it waited.",
      [
        { expr: 'sum by (tool) (increase(myspinbot_jobs_total{outcome="succeeded"}[$__range])) > 0', legend: "Done" },
        { expr: 'sum by (tool) (increase(myspinbot_jobs_total{outcome="failed"}[$__range])) > 0', legend: "Failed" },
        {
          expr: 'histogram_quantile(0.5, sum by (le, tool) (rate(myspinbot_job_seconds_bucket{outcome="succeeded"}[$__range]))) > 0',
          legend: "Took",
        },
        { expr: "histogram_quantile(0.5, sum by (le, tool) (rate(myspinbot_queue_wait_seconds_bucket[$__range]))) > 0", legend: "Waited" },
      ],
      { unit: "none", decimals: 0, columns: { tool: "Tool" }, units: ["none", "none", "s", "s"], width: 14, nothing: "no jobs" },
    ),
  ],
};

const chat: Section = {
  title: "Chat",
  panels: [
    stat(
      "Chat model",
      "Whether the model that talks answers. Without it slash commands and plain requests still work.",
      shared("myspinbot_chat_model_up"),
      {
        ...{ unit: "none", words: upWords, nothing: "none" },
      },
    ),
    stat(
      "Owed to chats",
      "Results that are made and have not reached their chat yet.",
      [{ expr: shared('myspinbot_deliveries_open{state="pending"}') }],
      { unit: "none", decimals: 0, limits: [[20, "orange"]], nothing: "no answer" },
    ),
    stat(
      "Given up",
      "Results that could not be brought to their chat; somebody has to ask for them again.",
      shared('myspinbot_deliveries_open{state="dead"}'),
      {
        ...{ unit: "none", decimals: 0, limits: [[1, "red"]], nothing: "no answer" },
      },
    ),
    lines(
      "Time of an answer",
      "From the message to the last word, jobs not included: half of the answers were faster than the lower line, 95 of 100 than the upper.",
      [
        { expr: "histogram_quantile(0.5, sum by (le) (rate(myspinbot_agent_turn_seconds_bucket[30m])))", legend: "half" },
        { expr: "histogram_quantile(0.95, sum by (le) (rate(myspinbot_agent_turn_seconds_bucket[30m])))", legend: "95 of 100" },
      ],
      { unit: "s", min: 0, height: 7 },
    ),
    lines(
      "Messages",
      "By how they were planned: native and guided by the model, slash and rules without one.",
      [{ expr: "sum by (planner) (increase(myspinbot_agent_turn_seconds_count[$__interval]))", legend: "{{planner}}" }],
      { unit: "none", style: "columns", step: "5m", decimals: 0, min: 0, height: 7 },
    ),
  ],
};

const disks = 'fstype!~"tmpfs|ramfs|squashfs|overlay|fuse.*|nsfs|efivarfs|vfat"';

const house: Section = {
  title: "Disk, engines, alerts",
  panels: [
    bars(
      "Disk in use",
      "Of each disk. The studio takes no more results when it is full; nothing is deleted by itself.",
      [
        {
          expr: `max by (mountpoint) (1 - node_filesystem_avail_bytes{${disks}} / node_filesystem_size_bytes{${disks}})`,
          legend: "{{mountpoint}}",
        },
        { expr: "max by (path) (1 - myspinbot_disk_free_bytes / myspinbot_disk_size_bytes)", legend: "studio: {{path}}" },
      ],
      {
        ...{ unit: "percentunit", min: 0, max: 1, width: 8 },
        limits: [
          [0.85, "orange"],
          [0.95, "red"],
        ],
      },
    ),
    stat("Days left", "Until the first disk is full, at the speed of the last six hours.", "min(studio:disk_days_left)", {
      ...{ unit: "d", decimals: 0, calm: "red", nothing: "not filling up", height: 8 },
      limits: [
        [2, "orange"],
        [14, "green"],
      ],
    }),
    stat("Made a day", "Bytes of results in the last day, pieces of them included.", "sum(increase(myspinbot_artifact_bytes_total[24h]))", {
      ...{ unit: "bytes", calm: "blue", nothing: "0" },
    }),
    stat(
      "Last backup",
      "How long ago the last complete backup ended.",
      `time() - ${shared("myspinbot_backup_last_success_timestamp_seconds")}`,
      {
        ...{ unit: "s", decimals: 0, nothing: "never" },
        limits: [
          [129_600, "orange"],
          [604_800, "red"],
        ],
      },
    ),
    stat(
      "Engines",
      "The programs that do the work, as far as they are set up or were seen once.",
      [{ expr: "min by (engine) (myspinbot_engine_up)", legend: "{{engine}}" }],
      { unit: "none", words: upWords, show: "both", width: 8, height: 8, nothing: "no answer" },
    ),
    table(
      "Alerts that fire",
      "What is wrong now. The runbook in the documentation has a line for each.",
      'max by (alertname, severity, instance) (ALERTS{alertstate="firing"})',
      { unit: "none", columns: { alertname: "Alert", severity: "Severity", instance: "Where" }, width: 24, height: 7, nothing: "nothing" },
    ),
  ],
};

export const studio: Board = {
  ...{ uid: "studio", title: "Studio", from: "now-6h" },
  about: "Is my stuff moving? Who has the card, what came of it, does the chat answer, is there room left.",
  sections: [moving, card, outcome, chat, house],
};
