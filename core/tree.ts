/** Trees of jobs: a head and the stages that go first, prepared together, accepted in one commit, and done again in part. */
import type { Makes } from "./asset.ts";
import { Failure } from "./failure.ts";
import { newId } from "./ids.ts";
import type { Job, JobWithArtifacts, Tree } from "./job.ts";
import { digest, type Json, type JsonObject } from "./json.ts";
import { type Reference, type Source, stageOf } from "./source.ts";
import type { Prepared } from "./tool.ts";

/** A stage with every choice made. */
export interface Stage {
  name: string;
  tool: string;
  prepared: Prepared;
  /** The files that were looked at when it was prepared, those of the stages before it included. */
  from?: readonly Reference[];
}

export const maxStages = 16;

/** What a person will find under a name: a file is promised to the other stages of its tree alone, and no row keeps it. */
export const assetOf = (makes: Makes | undefined): Makes | undefined => (makes?.kind === "file" ? undefined : makes);

export function unknownStage(ref: string): Failure {
  return new Failure(
    "unknown_artifact",
    `There is no ${ref.slice(0, 60)} here: only the stages of one clip name each other so. Give the id of a file (art_…).`,
  );
}

/** What a stage makes, for those after it. Failure `internal` for one that makes no file. */
export function madeByStage({ name, tool, prepared: { makes }, from = [] }: Stage): Source {
  if (makes?.kind !== "file")
    throw new Failure("internal", `${tool} does not say what it makes, so that nothing can work with it. Report it.`);
  const { kind: _kind, ...file } = makes;
  return { ...file, id: `stage:${name}`, ...(from.length > 0 ? { from } : {}) };
}

/** Names of the stages that an input works with. */
export function stagesIn(input: Json): string[] {
  if (typeof input === "string") return [stageOf(input)].filter((name) => name !== undefined);
  if (Array.isArray(input)) return input.flatMap(stagesIn);
  return input !== null && typeof input === "object" ? Object.values(input).flatMap((value) => stagesIn(value as Json)) : [];
}

/** A job of a tree that is to be accepted. */
export interface Member extends Stage {
  id: string;
  needs: string[];
}

/** A stage of an earlier tree, with what it made where that is known. */
type Earlier = Job & Partial<Pick<JobWithArtifacts, "artifacts">>;

/** Whether an earlier job did, or does, exactly this with the same files. */
function same(old: Earlier, { tool, prepared }: Stage): boolean {
  // what it made may have been taken away since, as the recordings of a revoked voice are
  const alive = old.state === "queued" || old.state === "running" || (old.state === "succeeded" && old.artifacts?.length !== 0);
  return alive && old.tool === tool && digest(old.input) === digest(prepared.input);
}

/**
 * Ids for the stages, those of an earlier tree where nothing of them has changed.
 * @param earlier its jobs by stage.
 * @returns what is new, each behind what it needs, and the job of every stage.
 */
export function membersOf(
  stages: readonly Stage[],
  earlier: Readonly<Record<string, Earlier>> = {},
): { fresh: Member[]; stages: Tree["stages"] } {
  const ids: Tree["stages"] = {};
  const fresh: Member[] = [];
  for (const stage of stages) {
    const uses = stagesIn(stage.prepared.input);
    const old = earlier[stage.name];
    const kept = old && same(old, stage) && !uses.some((name) => fresh.some((one) => one.name === name));
    const id = kept ? old.id : newId("job");
    ids[stage.name] = id;
    if (!kept)
      fresh.push({ ...stage, id, needs: [...new Set([...(stage.prepared.needs ?? []), ...uses.flatMap((name) => ids[name] ?? [])])] });
  }
  return { fresh, stages: ids };
}

/** Jobs of the tree that is made again, by stage. */
export async function earlierStages(
  jobs: { get(principal: string, id: string): Promise<JobWithArtifacts | undefined> },
  principal: string,
  parent: string | undefined,
): Promise<Record<string, Earlier>> {
  const before = parent === undefined ? undefined : await jobs.get(principal, parent);
  const earlier: Record<string, Earlier> = {};
  for (const [name, id] of Object.entries(before?.tree?.stages ?? {})) {
    const job = await jobs.get(principal, id);
    if (job) earlier[name] = job;
  }
  return earlier;
}

/** The call that does one stage of a clip again: the head with the stage's new input; what depends on it follows, the rest stays. */
export function redone(
  head: Job,
  stage: Job,
  tool: { reroll?(old: JsonObject, changes: JsonObject): JsonObject },
  changes: JsonObject,
  headTool?: { restaged?(input: JsonObject, changes: JsonObject): JsonObject },
): { tool: string; input: JsonObject; parent: string } {
  const { seed: _seed, ...old } = stage.input;
  const input = tool.reroll ? tool.reroll(stage.input, changes) : { ...old, ...changes };
  const plan = (head.input["stages"] ?? {}) as JsonObject;
  const name = stage.tree?.stage ?? "";
  const whole = { ...head.input, stages: { ...plan, [name]: { tool: stage.tool, input } } };
  return { tool: head.tool, input: headTool?.restaged?.(whole, changes) ?? whole, parent: head.id };
}
