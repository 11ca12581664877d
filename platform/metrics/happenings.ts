/** What is counted and timed as it happens. */
import type { Planner } from "../../core/chat.ts";
import type { Metrics } from "../../core/ports/metrics.ts";
import { bounded, type Makers, positive } from "./make.ts";

const stageBuckets = [0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400];
const jobBuckets = [1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 43_200, 86_400];
const waitBuckets = [0.05, 0.25, 1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 43_200];
const turnBuckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300];
const requestBuckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
const endings = ["succeeded", "failed", "canceled"] as const;
const planners: readonly Planner[] = ["native", "guided", "slash", "rules"];
const artifactKinds = ["image", "video", "audio", "model", "other"] as const;

/** One of five, whatever a media type says. */
function kindOf(mediaType: string): (typeof artifactKinds)[number] {
  if (mediaType === "application/x-safetensors") return "model";
  return artifactKinds.find((kind) => mediaType.startsWith(`${kind}/`)) ?? "other";
}

function jobMetrics({ counter, histogram }: Makers) {
  return {
    accepted: counter("myspinbot_jobs_accepted_total", "Jobs accepted, that is committed to the database.", ["tool"]),
    jobs: counter("myspinbot_jobs_total", "Jobs that ended in an attempt, by outcome.", ["tool", "outcome"]),
    attempts: counter("myspinbot_attempts_total", "Attempts that ended, by outcome; requeued and lost ones are followed by another.", [
      "tool",
      "outcome",
    ]),
    stages: histogram("myspinbot_stage_seconds", "Time a job spent in one stage.", ["tool", "stage"], stageBuckets),
    waits: histogram(
      "myspinbot_queue_wait_seconds",
      "Time from a job's place in line to the beginning of an attempt.",
      ["tool"],
      waitBuckets,
    ),
    seconds: histogram(
      "myspinbot_job_seconds",
      "Time from the wish (or the wish to try again) to the end in an attempt, waiting included.",
      ["tool", "outcome"],
      jobBuckets,
    ),
    artifacts: counter("myspinbot_artifacts_total", "Results published, without those that are a piece of another one.", ["kind"]),
    bytes: counter("myspinbot_artifact_bytes_total", "Bytes published, pieces of other results included.", ["kind"]),
    fenced: counter("myspinbot_attempts_fenced_total", "Late results that were thrown away because another attempt had taken over.", []),
  };
}

function otherMetrics({ counter, histogram }: Makers) {
  return {
    reconciled: counter("myspinbot_reconciled_total", "Jobs added to the queue again (readded) and orphaned files removed (swept).", [
      "action",
    ]),
    switches: counter("myspinbot_family_switches_total", "Times a lane opened another family, by the family opened.", ["family"]),
    releases: counter(
      "myspinbot_card_releases_total",
      "Times memory of the card was asked back: freed, still kept after all patience, or unchecked because nobody tells.",
      ["holder", "outcome"],
    ),
    trainings: counter(
      "myspinbot_trainings_begun_total",
      "Trainings that an engine began or went on with: fresh, adopted, resumed from a saved step, restarted from step 0.",
      ["how"],
    ),
    turns: histogram(
      "myspinbot_agent_turn_seconds",
      "Time of an agent's turn from the message to its last part.",
      ["planner"],
      turnBuckets,
    ),
    requests: histogram(
      "myspinbot_http_request_seconds",
      "Time of an HTTP request until its answer ended; streams last as long as they are watched.",
      ["method", "route", "status"],
      requestBuckets,
    ),
    delivered: counter(
      "myspinbot_deliveries_total",
      "Results brought to a chat (delivered), tries that failed, given up (dead), asked for again.",
      ["outcome"],
    ),
  };
}

export interface Happenings extends Metrics {
  /** A rate needs a zero to start from: without it the first job of each kind after a start would be in no graph. */
  expect(tools: readonly string[], roles: Readonly<Record<"http" | "worker", boolean>>): void;
}

export function createHappenings(makers: Makers): Happenings {
  const { accepted, jobs, attempts, stages, waits, seconds: lasted, artifacts, bytes: stored, fenced } = jobMetrics(makers);
  const { reconciled, switches, releases, trainings, turns, requests, delivered } = otherMetrics(makers);
  const [tools, families, routes, holders] = [bounded(), bounded(), bounded(), bounded()];
  for (const action of ["readded", "swept"]) reconciled.inc({ action }, 0);
  for (const outcome of ["delivered", "failed", "dead", "redelivered"]) delivered.inc({ outcome }, 0);
  for (const kind of artifactKinds) for (const each of [artifacts, stored]) each.inc({ kind }, 0);

  return {
    expect(names, roles) {
      if (roles.http) for (const planner of planners) turns.zero({ planner });
      if (roles.worker) for (const how of ["fresh", "adopted", "resumed", "restarted"]) trainings.inc({ how }, 0);
      for (const tool of names.map(tools)) {
        if (roles.http) accepted.inc({ tool }, 0);
        if (!roles.worker) continue;
        for (const outcome of endings) jobs.inc({ tool, outcome }, 0);
        for (const outcome of [...endings, "requeued", "lost"]) attempts.inc({ tool, outcome }, 0);
        lasted.zero({ tool, outcome: "succeeded" });
        waits.zero({ tool });
      }
    },
    jobAccepted: (tool) => accepted.inc({ tool: tools(tool) }),
    attemptEnded(tool, outcome) {
      const labels = { tool: tools(tool), outcome };
      attempts.inc(labels);
      if ((endings as readonly string[]).includes(outcome)) jobs.inc(labels);
    },
    stage: (tool, stage, seconds) => stages.observe({ tool: tools(tool), stage }, positive(seconds)),
    queueWaited: (tool, seconds) => waits.observe({ tool: tools(tool) }, positive(seconds)),
    jobEnded: (tool, outcome, seconds) => lasted.observe({ tool: tools(tool), outcome }, positive(seconds)),
    artifactPublished({ mediaType, bytes, part }) {
      const kind = kindOf(mediaType);
      if (!part) artifacts.inc({ kind });
      stored.inc({ kind }, positive(bytes));
    },
    fenced: () => fenced.inc(),
    reconciled: (action, count) => reconciled.inc({ action }, positive(count)),
    familySwitched: (to) => switches.inc({ family: families(to) }),
    cardReleased: (holder, outcome) => releases.inc({ holder: holders(holder), outcome }),
    trainingBegan: (how) => trainings.inc({ how }),
    turn: (planner, seconds) => turns.observe({ planner }, positive(seconds)),
    delivery: (outcome) => delivered.inc({ outcome }),
    request(method, route, status, seconds) {
      const known = status >= 100 && status <= 599 ? String(Math.trunc(status)) : "other";
      requests.observe({ method: methods.has(method) ? method : "other", route: routes(route), status: known }, positive(seconds));
    },
  };
}
