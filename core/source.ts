/** What a job works with: a file that is there, or what a stage of the same tree will make. */
import type { Artifact } from "./artifact.ts";

/** How a field of a stage names what another stage of its tree makes, such as `stage:picture`. Never an id that a person could own. */
const stagePattern = /^stage:([a-z][a-z0-9_]{0,31})$/;

/** Name of the stage; undefined for any other reference. */
export function stageOf(ref: string): string | undefined {
  return stagePattern.exec(ref)?.[1];
}

/** A file by which it can be told again what something was made from. */
export type Reference = {
  artifact: string;
  /** Hex. Absent where it is not made yet. */
  sha256?: string;
};

/** A file as far as it is known before its job has run. `id` is an artifact's, or a stage's reference. */
export interface Source extends Pick<Artifact, "id" | "name" | "mediaType" | "width" | "height" | "seconds" | "sound"> {
  /** Absent where it is only promised. */
  sha256?: string;
  /** True where it only stands in for a real one. */
  preview: boolean;
  /** Of what a stage will make: the files that are there already and that it, and the stages before it, are made from. */
  from?: readonly Reference[];
}

/** What these are, and what those that are not made yet are made from: each once, and all of it back to files that are there. */
export function referencesOf(sources: readonly Source[]): Reference[] {
  const own = sources.map(({ id, sha256 }): Reference => ({ artifact: id, ...(sha256 !== undefined ? { sha256 } : {}) }));
  const all = [...own, ...sources.flatMap(({ from = [] }) => from)];
  return [...new Map(all.map((reference) => [reference.artifact, reference])).values()];
}

export function sourceOf({ id, name, mediaType, width, height, seconds, sound, sha256, recipe }: Artifact): Source {
  return {
    ...{ id, name, mediaType, sha256, preview: recipe?.preview ?? false },
    ...(width !== undefined && height !== undefined ? { width, height } : {}),
    ...(seconds !== undefined ? { seconds } : {}),
    ...(sound !== undefined ? { sound } : {}),
  };
}
