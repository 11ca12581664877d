/** Jobs: each that was accepted ended, once, and is whose it was; none is there that nobody asked for. */
import type { EventFact, Facts, JobFact } from "./facts.ts";
import { type Find, grouped } from "./judge.ts";
import type { Told } from "./told.ts";

const terminal = new Set(["succeeded", "failed", "canceled"]);
const nameOf = (line: { principal: string; tool: string; key: string | null }) => `${line.principal} ${line.tool} ${line.key}`;
type Lines<Word extends Told["told"]> = Extract<Told, { told: Word }>[];
const linesOf = <Word extends Told["told"]>(told: readonly Told[], word: Word) => told.filter((line) => line.told === word) as Lines<Word>;

/** Each request against its row. */
function accepted(facts: Facts, told: readonly Told[], byId: Map<string, JobFact>, find: Find): void {
  const byKey = grouped(
    facts.jobs.filter(({ key }) => key !== null),
    nameOf,
  );
  for (const [name, jobs] of byKey) if (jobs.length > 1) find("doubled", `${jobs.map(({ id }) => id).join(", ")} are all ${name}`);
  const answers = grouped(linesOf(told, "accepted"), nameOf);
  for (const [name, lines] of answers) {
    const ids = new Set(lines.map(({ job }) => job));
    if (ids.size > 1) find("doubled", `${name} was answered with ${[...ids].join(", ")}`);
    for (const id of ids) {
      const job = byId.get(id);
      if (!job) find("lost", `${id} was accepted and is nowhere`);
      else if (job.principal !== lines[0]?.principal) find("foreign", `${id} of ${lines[0]?.principal} is ${job.principal}'s`);
    }
  }
  const asked = new Map(linesOf(told, "asked").map((line) => [nameOf(line), line]));
  for (const job of facts.jobs) {
    const head = job.tree?.stage === undefined ? job : byId.get(job.tree.head);
    if (!head) find("orphaned", `${job.id} is a stage of ${job.tree?.head}, which is nowhere`);
    else if (!asked.has(nameOf(head))) find("doubled", `nobody asked for ${job.id} (${job.tool} of ${job.principal})`);
    if (head && head.principal !== job.principal)
      find("foreign", `${job.id} of ${job.principal} is a stage of ${head.principal}'s ${head.id}`);
    const due = job.key === null ? undefined : asked.get(nameOf(job))?.files;
    const made = facts.artifacts.filter((artifact) => artifact.job === job.id && !artifact.part).length;
    if (job.state !== "succeeded" || due === undefined || made === due) continue;
    find(made < due ? "lost" : "doubled", `${job.id} has ${made} files in place of ${due}`);
  }
}

/** What clients were shown of its end, and what they ordered last. */
function ends(told: readonly Told[], byId: Map<string, JobFact>, artifacts: Set<string>, find: Find): void {
  const last = new Map<string, Told>();
  for (const line of told) {
    if (line.told === "canceled" || line.told === "retried") last.set(line.job, line);
    if (line.told !== "ended" || line.state !== "succeeded") continue;
    const state = byId.get(line.job)?.state;
    if (state !== "succeeded") find("lost", `${line.job} was shown as succeeded and is ${state ?? "nowhere"}`);
    for (const id of line.artifacts) if (!artifacts.has(id)) find("lost", `${id} of ${line.job} was shown and is nowhere`);
  }
  for (const [id, line] of last) {
    if (line.told !== "canceled" || (line.state !== "canceled" && line.state !== "canceling")) continue;
    const state = byId.get(id)?.state;
    if (state === "succeeded") find("lost", `the cancel of ${id} was answered with ${line.state}, and it succeeded`);
  }
}

function history(job: JobFact, events: readonly EventFact[], find: Find): void {
  if (events.some(({ seq }, index) => seq !== index + 1) || events.length !== job.last_seq)
    find("lost", `${job.id} has events ${events.map(({ seq }) => seq).join(",")} of ${job.last_seq}`);
  const states = events.flatMap(({ type, state }) => (type === "state" && state !== null ? [state] : []));
  if (states.at(-1) !== job.state) find("lost", `${job.id} is ${job.state}, its last event says ${states.at(-1)}`);
  const successes = states.filter((state) => state === "succeeded").length;
  if (successes > 1) find("doubled", `${job.id} succeeded ${successes} times`);
  if (successes === 1 && states.at(-1) !== "succeeded") find("doubled", `${job.id} went on after it had succeeded: ${states.join(" > ")}`);
}

/** @throws nothing: whatever is wrong is found. */
export function judgeJobs(facts: Facts, told: readonly Told[], find: Find): void {
  const byId = new Map(facts.jobs.map((job) => [job.id, job]));
  const events = grouped(facts.events, ({ job }) => job);
  const attempts = grouped(facts.attempts, ({ job }) => job);
  const artifacts = new Map(facts.artifacts.map((artifact) => [artifact.id, artifact]));
  accepted(facts, told, byId, find);
  ends(told, byId, new Set(artifacts.keys()), find);
  for (const job of facts.jobs) {
    if (!terminal.has(job.state)) find("lost", `${job.id} (${job.tool}) is stuck: ${job.state}, attempt ${job.attempt}`);
    history(job, events.get(job.id) ?? [], find);
    const tries = attempts.get(job.id) ?? [];
    const won = tries.filter(({ outcome }) => outcome === "succeeded");
    if (won.length > 1) find("doubled", `${won.length} attempts of ${job.id} succeeded`);
    if (job.state === "succeeded" && won[0]?.number !== job.attempt)
      find("lost", `${job.id} succeeded by attempt ${job.attempt}, and its attempts say ${won[0]?.number ?? "none"}`);
    if (terminal.has(job.state) && tries.some(({ outcome }) => outcome === null))
      find("lost", `${job.id} is over and an attempt of it is open`);
    const used = [...JSON.stringify(job.input).matchAll(/"(art_[0-9a-z]{16})"/g)].map(([, id]) => id ?? "");
    for (const id of used) {
      const owner = artifacts.get(id)?.principal;
      if (owner !== undefined && owner !== job.principal) find("foreign", `${job.id} of ${job.principal} works on ${id} of ${owner}`);
    }
    for (const need of job.needs ?? []) {
      const owner = byId.get(need)?.principal;
      if (owner !== job.principal) find("foreign", `${job.id} of ${job.principal} needs ${need} of ${owner ?? "nobody"}`);
    }
  }
  for (const { what, id, principal, job } of facts.hanging) {
    const owner = byId.get(job)?.principal;
    if (owner !== principal) find("foreign", `${what} ${id} of ${principal} hangs on ${job} of ${owner ?? "nobody"}`);
  }
}
