/** Where values of arguments are known: lists of the studio, as the person behind the door sees them. */
import type { ToolView } from "../../core/client.ts";
import type { JsonObject } from "../../core/json.ts";
import type { ArtifactView } from "../../core/view.ts";
import type { Door } from "../door.ts";
import type { Candidate } from "./rank.ts";

/** `pictures`: several with commas between. */
export type Source = "model" | "lora" | "voice" | "job" | "file" | "recipe" | "picture" | "pictures" | "sound";

export interface Known {
  candidates: readonly Candidate[];
  /** False where there are older ones that nobody looked at. */
  whole: boolean;
}

export type SourceDoor = Pick<Door, "tools" | "invoke" | "jobs" | "artifacts">;

/** Newest entries that are looked at: what the HTTP API gives at once. */
const most = 200;

/** Milliseconds for which one list serves the letters of somebody who types. */
const freshMs = 3000;

/** One call at a time, and none again while its answer is fresh. A failure is not kept. */
function keeping<T>(ask: () => Promise<T>, now: () => number): () => Promise<T> {
  let kept: { answer: Promise<T>; until: number } | undefined;
  return () => {
    if (kept && now() < kept.until) return kept.answer;
    const answer = ask();
    const mine = { answer, until: now() + freshMs };
    kept = mine;
    answer.catch(() => {
      if (kept === mine) kept = undefined;
    });
    return answer;
  };
}

const kindOf: Partial<Record<Source, string>> = { model: "checkpoints", lora: "loras", voice: "voices" };

/** Whether the catalogue has `list_models`, and it knows this kind. */
function listsKind(tools: readonly ToolView[], kind: string): boolean {
  const tool = tools.find(({ name }) => name === "list_models");
  const { kind: field } = (tool?.input_schema["properties"] ?? {}) as { kind?: JsonObject };
  const values: unknown = field?.["enum"];
  return Array.isArray(values) && values.includes(kind);
}

const accepts: Partial<Record<Source, (file: ArtifactView) => boolean>> = {
  recipe: ({ recipe }) => recipe !== undefined,
  picture: ({ media_type }) => media_type.startsWith("image/"),
  pictures: ({ media_type }) => media_type.startsWith("image/"),
  sound: ({ media_type }) => media_type.startsWith("audio/"),
};

export function createSources(door: SourceDoor, now: () => number = Date.now): (source: Source) => Promise<Known> {
  const tools = keeping(() => door.tools(), now);
  const jobs = keeping(() => door.jobs(most), now);
  const files = keeping(() => door.artifacts(most), now);
  const models = keeping(() => door.invoke("list_models", {}), now);

  const named = async (kind: string): Promise<Known> => {
    if (!listsKind(await tools(), kind)) return { candidates: [], whole: true };
    const answer = await models();
    const engines = answer.kind === "answer" ? (answer.data["engines"] as unknown as Record<string, { name: string }[]>[]) : [];
    return { candidates: engines.flatMap((engine) => engine[kind] ?? []).map(({ name }) => ({ value: name })), whole: true };
  };

  return async (source) => {
    const kind = kindOf[source];
    if (kind) return named(kind);
    if (source === "job") {
      const list = await jobs();
      return { candidates: list.map(({ id, title }) => ({ value: id, words: title })), whole: list.length < most };
    }
    const list = await files();
    const fit = list.filter(accepts[source] ?? (() => true));
    return { candidates: fit.map(({ id, name }) => ({ value: id, words: name })), whole: list.length < most };
  };
}
