/** The stages that one call asks for while it is prepared, what they will make, and which files that is made from. */
import type { Found } from "./asset.ts";
import { Failure } from "./failure.ts";
import type { JsonObject } from "./json.ts";
import { type Reference, referencesOf, sourceOf, stageOf } from "./source.ts";
import type { PrepareContext, Prepared } from "./tool.ts";
import { madeByStage, maxStages, type Stage, unknownStage } from "./tree.ts";

/** The ways in which a tool looks at what there is. */
type Sight = Pick<PrepareContext, "artifact" | "source" | "asset">;

interface Parts extends Pick<Sight, "artifact" | "asset"> {
  /** Every choice made, by a job tool that the principal may call. */
  prepare(tool: string, input: JsonObject, sight: Sight): Promise<Prepared>;
}

/** What makes a person be seen or heard: the weights of a LoRA, the recording that a voice was taken from. */
function filesOf(found: Found): Reference[] {
  if (!("asset" in found)) return [];
  const { details } = found.asset;
  if (details.kind === "dataset") return [];
  const { artifact, sha256 } = details.kind === "voice" ? details.original : details;
  return [{ artifact, sha256 }];
}

/** The same sight, and what was looked at with it. */
function noting({ artifact, source, asset }: Sight): { sight: Sight; seen(): Reference[] } {
  const seen = new Map<string, Reference>();
  const note = (references: readonly Reference[]) => {
    // a stage is only a name on the way: its files are what it stands for
    for (const reference of references) if (stageOf(reference.artifact) === undefined) seen.set(reference.artifact, reference);
  };
  const noted =
    <Value>(look: (ref: string) => Promise<Value>, referencesIn: (value: Value) => Reference[]) =>
    async (ref: string): Promise<Value> => {
      const value = await look(ref);
      note(referencesIn(value));
      return value;
    };
  return {
    seen: () => [...seen.values()],
    sight: {
      artifact: noted(artifact, (found) => referencesOf([sourceOf(found)])),
      source: noted(source, (found) => referencesOf([found])),
      asset: (kind, ref) => noted((name) => asset(kind, name), filesOf)(ref),
    },
  };
}

export function createStages({
  artifact,
  asset,
  prepare,
}: Parts): Pick<PrepareContext, "source" | "stage"> & { readonly stages: readonly Stage[] } {
  const stages: Stage[] = [];
  const source: PrepareContext["source"] = async (ref) => {
    const name = stageOf(ref);
    if (name === undefined) return sourceOf(await artifact(ref));
    const stage = stages.find((one) => one.name === name);
    if (!stage) throw unknownStage(ref);
    return madeByStage(stage);
  };
  return {
    stages,
    source,
    async stage(name, tool, input) {
      if (stages.length >= maxStages || stages.some((one) => one.name === name))
        throw new Failure("invalid_input", `There can be no further stage "${name.slice(0, 60)}".`);
      const { sight, seen } = noting({ artifact, source, asset });
      const prepared = await prepare(tool, input, sight);
      stages.push({ name, tool, prepared, from: seen() });
      return prepared;
    },
  };
}
