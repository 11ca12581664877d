/** Files: each row has its object with its bytes, each object has its row, each lies under its job and belongs to who asked for it. */
import type { ArtifactFact, Facts } from "./facts.ts";
import { type Find, grouped } from "./judge.ts";
import type { Told } from "./told.ts";

/** The mark by which a studio knows its own bucket. */
const mark = "installation/id";

function rowsOfJobs(facts: Facts, find: Find): void {
  const jobs = new Map(facts.jobs.map((job) => [job.id, job]));
  const made = grouped(
    facts.artifacts.filter(({ job }) => job !== null),
    ({ job }) => job ?? "",
  );
  for (const [id, rows] of made) {
    const job = jobs.get(id);
    if (!job) {
      find("orphaned", `${rows.length} files of ${id}, which is nowhere`);
      continue;
    }
    if (job.state !== "succeeded") find("doubled", `${id} is ${job.state} and has ${rows.length} files`);
    const ordinals = rows.map(({ ordinal }) => ordinal).sort((a, b) => a - b);
    if (new Set(ordinals).size !== ordinals.length) find("doubled", `${id} has the files ${ordinals.join(",")}`);
    else if (ordinals.some((ordinal, index) => ordinal !== index)) find("lost", `${id} has only the files ${ordinals.join(",")}`);
    for (const row of rows) {
      if (row.attempt !== job.attempt)
        find("doubled", `${row.id} is of attempt ${row.attempt} of ${id}, which succeeded by ${job.attempt}`);
      if (row.principal !== job.principal) find("foreign", `${row.id} of ${row.principal} was made by ${id} of ${job.principal}`);
      const folder = `jobs/${id}/${row.attempt}/`;
      if (!row.storage_key.startsWith(folder)) find("foreign", `${row.id} is stored at ${row.storage_key}, not under ${folder}`);
    }
  }
  for (const job of facts.jobs) if (job.state === "succeeded" && !made.has(job.id)) find("lost", `${job.id} succeeded without a file`);
}

/** Each file is told of once, to those who follow its job. */
function shown(facts: Facts, find: Find): void {
  const rows = new Map(facts.artifacts.map((artifact) => [artifact.id, artifact]));
  const events = grouped(
    facts.events.filter(({ type }) => type === "artifact"),
    ({ artifact }) => artifact ?? "",
  );
  for (const [id, told] of events) {
    const row = rows.get(id);
    if (told.length > 1) find("doubled", `${id} was told of ${told.length} times`);
    for (const { job, principal } of told) {
      if (!row) find("lost", `${job} told of ${id}, which is nowhere`);
      else if (row.job !== job || row.principal !== principal)
        find("foreign", `${id} (${row.principal}, ${row.job}) was told of by ${job} as ${principal}'s`);
    }
  }
  for (const { id, job, part } of facts.artifacts)
    if (job !== null && !part && !events.has(id)) find("lost", `${id} of ${job} was never told of`);
}

function objects(facts: Facts, find: Find): void {
  const named = grouped(facts.artifacts, ({ storage_key }) => storage_key);
  const stored = new Map(facts.objects.map((object) => [object.key, object]));
  for (const { key } of facts.objects) if (key !== mark && !named.has(key)) find("orphaned", `no row names ${key}`);
  for (const [key, rows] of named) {
    if (rows.length > 1) find("doubled", `${rows.map(({ id }) => id).join(", ")} all name ${key}`);
    const row = rows[0] as ArtifactFact;
    const object = stored.get(key);
    if (!object) find("orphaned", `${row.id} names ${key}, which is not stored`);
    else if (object.bytes !== row.bytes || object.sha256 !== row.sha256)
      find(
        "orphaned",
        `${key} has ${object.bytes} bytes (${object.sha256.slice(0, 12)}), its row says ${row.bytes} (${row.sha256.slice(0, 12)})`,
      );
  }
}

function uploads(facts: Facts, told: readonly Told[], find: Find): void {
  const rows = new Map(facts.artifacts.map((artifact) => [artifact.id, artifact]));
  for (const { id, job, storage_key } of facts.artifacts)
    if (job === null && !storage_key.startsWith("uploads/")) find("foreign", `the upload ${id} is stored at ${storage_key}`);
  for (const line of told) {
    if (line.told !== "uploaded") continue;
    const row = rows.get(line.artifact);
    if (!row || row.sha256 !== line.sha256) find("lost", `the upload ${line.artifact} is ${row ? "another file" : "nowhere"}`);
    else if (row.principal !== line.principal) find("foreign", `the upload ${line.artifact} of ${line.principal} is ${row.principal}'s`);
  }
}

export function judgeStore(facts: Facts, told: readonly Told[], find: Find): void {
  rowsOfJobs(facts, find);
  shown(facts, find);
  objects(facts, find);
  uploads(facts, told, find);
}
