/** One tool, or all of them, in depth: how long jobs wait, where their time goes, how they end. */
import { type Board, bars, heat, lines, type Section, shared, stat, table } from "./panel.ts";

const one = 'tool=~"$tool"';
const inRange = (metric: string, more = "") => `sum(increase(${metric}{${one}${more}}[$__range]))`;
const quantile = (share: number, metric: string, time: string, more = "") =>
  `histogram_quantile(${share}, sum by (le) (rate(${metric}_bucket{${one}${more}}[${time}])))`;
const succeeded = ',outcome="succeeded"';

const overview: Section = {
  title: "$tool, in the time chosen above",
  panels: [
    stat("Accepted", "Jobs that were asked for.", inRange("myspinbot_jobs_accepted_total"), {
      unit: "none",
      decimals: 0,
      calm: "blue",
      nothing: "0",
      width: 3,
    }),
    stat("Succeeded", "Jobs that ended with a result.", inRange("myspinbot_jobs_total", succeeded), {
      unit: "none",
      decimals: 0,
      nothing: "0",
      width: 3,
    }),
    stat("Failed", "Jobs that ended without one.", inRange("myspinbot_jobs_total", ',outcome="failed"'), {
      ...{ unit: "none", decimals: 0, nothing: "0", width: 3, limits: [[1, "orange"]] },
    }),
    stat("Canceled", "Jobs that somebody ended while they ran.", inRange("myspinbot_jobs_total", ',outcome="canceled"'), {
      ...{ unit: "none", decimals: 0, calm: "blue", nothing: "0", width: 3 },
    }),
    stat(
      "Attempts a job",
      "1 where all goes well. More: workers were lost, engines were away, or trainings gave way.",
      `${inRange("myspinbot_attempts_total")} / (${inRange("myspinbot_jobs_total")} > 0)`,
      {
        ...{ unit: "none", decimals: 2, nothing: "no jobs", width: 4 },
        limits: [
          [1.5, "orange"],
          [3, "red"],
        ],
      },
    ),
    stat("Waited", "In line, before an attempt began: half of them less.", quantile(0.5, "myspinbot_queue_wait_seconds", "$__range"), {
      ...{ unit: "s", decimals: 1, calm: "blue", nothing: "no jobs", width: 4 },
    }),
    stat(
      "Took",
      "From the wish to the result, waiting included: half of them less.",
      quantile(0.5, "myspinbot_job_seconds", "$__range", succeeded),
      {
        ...{ unit: "s", decimals: 1, calm: "blue", nothing: "no jobs", width: 4 },
      },
    ),
    lines(
      "How they ended",
      "Each column is five minutes or more.",
      [{ expr: `sum by (outcome) (increase(myspinbot_jobs_total{${one}}[$__interval]))`, legend: "{{outcome}}" }],
      { unit: "none", style: "columns", step: "5m", decimals: 0, min: 0 },
    ),
    table(
      "By tool",
      "The same for each tool that was used.",
      [
        { expr: `sum by (tool) (increase(myspinbot_jobs_total{${one}${succeeded}}[$__range])) > 0`, legend: "Succeeded" },
        { expr: `sum by (tool) (increase(myspinbot_jobs_total{${one},outcome="failed"}[$__range])) > 0`, legend: "Failed" },
        { expr: `sum by (tool) (increase(myspinbot_jobs_total{${one},outcome="canceled"}[$__range])) > 0`, legend: "Canceled" },
        {
          expr: `histogram_quantile(0.95, sum by (le, tool) (rate(myspinbot_job_seconds_bucket{${one}${succeeded}}[$__range]))) > 0`,
          legend: "95 of 100 took",
        },
      ],
      { unit: "none", decimals: 0, columns: { tool: "Tool" }, units: ["none", "none", "none", "s"], nothing: "no jobs" },
    ),
  ],
};

const waits: Section = {
  title: "Waits",
  panels: [
    lines(
      "Time in line",
      "From a job's place in line to the beginning of an attempt: half of them less than the lower line, 95 of 100 than the upper.",
      [
        { expr: quantile(0.5, "myspinbot_queue_wait_seconds", "30m"), legend: "half" },
        { expr: quantile(0.95, "myspinbot_queue_wait_seconds", "30m"), legend: "95 of 100" },
      ],
      { unit: "s", min: 0 },
    ),
    lines(
      "In line now, by what must be loaded",
      "Of all tools: several of them share a family.",
      [{ expr: shared("myspinbot_queue_jobs", "family"), legend: "{{family}}" }],
      { unit: "none", style: "stack", min: 0, decimals: 0, nothing: "nothing waits" },
    ),
    heat(
      "From the wish to the end",
      "How long jobs took, waiting included; the darker, the more of them.",
      [{ expr: `sum by (le) (increase(myspinbot_job_seconds_bucket{${one}}[$__interval]))`, legend: "{{le}}" }],
      { unit: "s", step: "5m" },
    ),
    heat(
      "In line",
      "How long attempts were waited for; the darker, the more of them.",
      [{ expr: `sum by (le) (increase(myspinbot_queue_wait_seconds_bucket{${one}}[$__interval]))`, legend: "{{le}}" }],
      { unit: "s", step: "5m" },
    ),
  ],
};

const stages: Section = {
  title: "Stages",
  panels: [
    bars(
      "Time in each stage",
      "Of a job that went through it, on average. `waiting` is for an engine that does not answer, `making_room` for memory of the card.",
      [
        {
          expr: `sum by (stage) (increase(myspinbot_stage_seconds_sum{${one}}[$__range])) / (sum by (stage) (increase(myspinbot_stage_seconds_count{${one}}[$__range])) > 0)`,
          legend: "{{stage}}",
        },
      ],
      { unit: "s", min: 0, calm: "blue", width: 8, height: 9, nothing: "no jobs" },
    ),
    bars(
      "The slowest in each stage",
      "95 of 100 took less.",
      [
        {
          expr: `histogram_quantile(0.95, sum by (le, stage) (rate(myspinbot_stage_seconds_bucket{${one}}[$__range]))) > 0`,
          legend: "{{stage}}",
        },
      ],
      { unit: "s", min: 0, calm: "blue", width: 8, height: 9, nothing: "no jobs" },
    ),
    lines(
      "Where the time goes",
      "Of one second, how much jobs spent in each stage. Much `making_room` or `loading`: models take turns too often.",
      [{ expr: `sum by (stage) (rate(myspinbot_stage_seconds_sum{${one}}[10m]))`, legend: "{{stage}}" }],
      { unit: "percentunit", style: "stack", min: 0, width: 8, height: 9 },
    ),
  ],
};

const outcomes: Section = {
  title: "Attempts and results",
  panels: [
    lines(
      "Attempts",
      "How attempts ended. Requeued and lost ones are followed by another.",
      [{ expr: `sum by (outcome) (increase(myspinbot_attempts_total{${one}}[$__interval]))`, legend: "{{outcome}}" }],
      { unit: "none", style: "columns", step: "5m", decimals: 0, min: 0 },
    ),
    lines(
      "Results of all tools",
      "Files that were published, by kind.",
      [{ expr: "sum by (kind) (increase(myspinbot_artifacts_total[$__interval]))", legend: "{{kind}}" }],
      { unit: "none", style: "columns", step: "5m", decimals: 0, min: 0, width: 6 },
    ),
    lines(
      "Bytes of all tools",
      "What results add to the storage.",
      [{ expr: "sum by (kind) (increase(myspinbot_artifact_bytes_total[$__interval]))", legend: "{{kind}}" }],
      { unit: "bytes", style: "columns", step: "5m", min: 0, width: 6 },
    ),
  ],
};

const trainer: Section = {
  title: "Trainings, voices and faces beside the card (gpu-host)",
  panels: [
    stat("At work", "Runs with a live process.", [{ expr: "sum by (engine) (gpu_host_active_runs)", legend: "{{engine}}" }], {
      ...{ unit: "none", decimals: 0, show: "both", calm: "blue", nothing: "nothing", width: 6 },
    }),
    stat("Its disk", "Free space where it keeps its runs.", "min(gpu_host_disk_free_bytes)", {
      ...{ unit: "bytes", calm: "red", nothing: "not running", width: 6 },
      limits: [
        [20e9, "orange"],
        [50e9, "green"],
      ],
    }),
    bars(
      "Trainings begun",
      "Fresh, gone on with after a crash (adopted, resumed), or from step 0 again.",
      [{ expr: "sum by (how) (increase(myspinbot_trainings_begun_total[$__range]))", legend: "{{how}}" }],
      { unit: "none", decimals: 0, calm: "blue", nothing: "none", width: 6, height: 4 },
    ),
    bars(
      "Runs that ended",
      "By engine and outcome.",
      [{ expr: "sum by (engine, outcome) (increase(gpu_host_runs_total[$__range]))", legend: "{{engine}} {{outcome}}" }],
      { unit: "none", decimals: 0, calm: "blue", nothing: "none", width: 6, height: 4 },
    ),
    lines(
      "Loss",
      "Mean of the last steps; it falls slowly while a training goes well.",
      [{ expr: "max by (engine) (gpu_host_loss)", legend: "{{engine}}" }],
      {
        ...{ unit: "none", decimals: 4, width: 8, nothing: "no training" },
      },
    ),
    lines(
      "Steps a second",
      "Of a training, lines of speech, frames of a face.",
      [{ expr: "sum by (engine) (rate(gpu_host_steps_total[2m]))", legend: "{{engine}}" }],
      {
        ...{ unit: "none", decimals: 2, min: 0, width: 8, nothing: "nothing runs" },
      },
    ),
    lines(
      "Memory of the card",
      "What its processes hold, by engine.",
      [{ expr: "sum by (engine) (gpu_host_vram_used_bytes)", legend: "{{engine}}" }],
      { unit: "bytes", style: "stack", min: 0, width: 8, nothing: "no card, or nothing runs" },
    ),
  ],
};

export const job: Board = {
  ...{ uid: "job", title: "Job", from: "now-24h" },
  about: "One tool in depth: how long its jobs wait, where their time goes, and how they end.",
  choice: { name: "tool", title: "Tool", metric: "myspinbot_jobs_accepted_total", label: "tool" },
  sections: [overview, waits, stages, outcomes, trainer],
};
