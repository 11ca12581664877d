/** The stages that one call asks for while it is prepared, and what they will make. */
import type { Artifact } from "./artifact.ts";
import { Failure } from "./failure.ts";
import type { JsonObject } from "./json.ts";
import { sourceOf, stageOf } from "./source.ts";
import type { PrepareContext, Prepared } from "./tool.ts";
import { madeByStage, maxStages, type Stage, unknownStage } from "./tree.ts";

interface Parts {
  artifact(id: string): Promise<Artifact>;
  /** Every choice made, by a job tool that the principal may call. */
  prepare(tool: string, input: JsonObject): Promise<Prepared>;
}

export function createStages({
  artifact,
  prepare,
}: Parts): Pick<PrepareContext, "source" | "stage"> & { readonly stages: readonly Stage[] } {
  const stages: Stage[] = [];
  return {
    stages,
    async source(ref) {
      const name = stageOf(ref);
      if (name === undefined) return sourceOf(await artifact(ref));
      const stage = stages.find((one) => one.name === name);
      if (!stage) throw unknownStage(ref);
      return madeByStage(stage);
    },
    async stage(name, tool, input) {
      if (stages.length >= maxStages || stages.some((one) => one.name === name))
        throw new Failure("invalid_input", `There can be no further stage "${name.slice(0, 60)}".`);
      const prepared = await prepare(tool, input);
      stages.push({ name, tool, prepared });
      return prepared;
    },
  };
}
