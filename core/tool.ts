/** A tool is one thing the assistant can do. Every face (MCP, agent, slash command, HTTP, form, docs page) is derived from this one description. */
import type { z } from "zod";
import type { Face, NeedsYes } from "./approval.ts";
import type { Artifact } from "./artifact.ts";
import type { AssetKind, Found, Makes } from "./asset.ts";
import type { ConsentWish } from "./consent.ts";
import type { DeliveryWish } from "./delivery.ts";
import type { JobClass } from "./job.ts";
import type { JsonObject } from "./json.ts";
import type { Limits } from "./limits.ts";
import type { Engines, Run } from "./ports/engine.ts";
import type { Opener } from "./ports/sound.ts";
import type { Principal } from "./principal.ts";
import type { Scope } from "./scope.ts";
import type { Source } from "./source.ts";
import type { Call, Studio } from "./studio.ts";

interface ToolBase<Schema extends z.ZodObject> {
  /** snake_case, verb first. */
  name: string;
  title: string;
  /** Slash command without the slash, such as `render`. */
  alias: string;
  /** For the model and for people: what it does, when to use it, what comes back. */
  description: string;
  /** `z.strictObject`, every field with `.describe()`. */
  input: Schema;
  /** Fields that the free words of a slash command fill: `/render a red fox`, `/upscale art_…`. The last one takes the rest of the line. */
  positional?: readonly (keyof z.input<Schema> & string)[];
  annotations: { readOnly: boolean; destructive: boolean; idempotent: boolean };
  /** What a caller needs, where it is not `jobs:read` for what only looks and `jobs:write` for the rest. */
  scope?: Scope;
  /** Fields that hold artifact ids: here "that picture" is put in. */
  artifactFields?: readonly (keyof z.input<Schema> & string)[];
  /** Why a person must say yes before this runs, where one must: told of the input that will run, every choice made. */
  needsYes?(input: z.output<Schema>): NeedsYes | undefined;
}

export interface PrepareContext {
  principal: Principal;
  engines: Engines;
  limits: Limits;
  /** Failure `unknown_artifact` unless the principal owns it. */
  artifact(id: string): Promise<Artifact>;
  /** The same, or what a stage that was prepared before makes (`stage:picture`). Failure `unknown_artifact`. */
  source(ref: string): Promise<Source>;
  /** The bytes of an artifact that the principal owns. */
  open: Opener;
  /**
   * Prepares a job that goes first and is accepted with this one: what it makes is then known as `stage:<name>`. Its resolved input belongs into the resolved input of the head, so that a
   * person sees all of it, and so that the head can be prepared again from its own input alone.
   */
  stage(name: string, tool: string, input: JsonObject): Promise<Prepared>;
  /** By name or id, ready or promised by an open job or by an earlier call of the same plan. Failure `unknown_asset`, naming those that exist. */
  asset(kind: AssetKind, ref: string): Promise<Found>;
  /** Whether the principal has one of this name already, or an open job will make it. */
  taken(kind: AssetKind, name: string): Promise<boolean>;
}

/** What will run. `input` is valid under the tool's own schema, so that a recipe can be run again. */
export interface Prepared {
  input: JsonObject;
  title: string;
  engine: string;
  family: string;
  vramGb: number;
  class: JobClass;
  /** Jobs that must succeed first: those that make what this one was promised. */
  needs?: string[];
  makes?: Makes;
  /** What a person should know of it each time: a licence, a limit that it met. */
  notes?: string[];
  /** Whose voice or face it uses: accepted only with a person's yes, which is kept with the job. */
  consent?: ConsentWish;
  /** Why a person must say yes to it, where only preparing tells what to say; goes before the tool's own `needsYes`. */
  yes?: NeedsYes;
}

/** Work for a queue: `prepare` makes every choice (seed, size, model) before the job is accepted, `run` only carries it out. */
export interface JobTool<Schema extends z.ZodObject = z.ZodObject> extends ToolBase<Schema> {
  kind: "job";
  prepare(input: z.output<Schema>, context: PrepareContext): Promise<Prepared>;
  /** What can be known before the card is taken, such as a face in a picture that another stage made. Throws what `run` would. */
  check?(input: z.output<Schema>, engines: Engines, run: Run): Promise<void>;
  run(input: z.output<Schema>, engines: Engines, run: Run): Promise<void>;
  /** Old resolved input + changed fields → new input. Default: the changes laid over the old, without the old seed. */
  reroll?(old: JsonObject, changes: JsonObject): JsonObject;
  /** Of a head: its resolved input where a stage of it was changed, with what that makes untrue in others. */
  restaged?(input: JsonObject, changes: JsonObject): JsonObject;
  /** How much work a resolved input is, in any unit: how long it takes is told by what others took. Default: all take the same. */
  work?(input: JsonObject): number;
}

export interface AnswerContext {
  studio: Studio;
  principal: Principal;
  /** Ends the request, never a job. */
  signal: AbortSignal;
  key?: string;
  origin?: import("./job.ts").Origin;
  traceparent?: string;
  /** See `Call`: to be handed on with what this call submits. */
  face?: Face;
  approval?: string;
  delivery?: DeliveryWish;
  /** For requests that wait: 0 to 1 and a few words. */
  progress(fraction: number, note: string): void;
}

/** What a tool without a queue says: words that are enough alone, and the same as data. */
export interface Answer {
  text: string;
  data: JsonObject;
  /** A job that this answer is about: faces show it and, where the tool asks for it, follow it. */
  job?: string;
  /** True where the job was (re)started by this call and its result is what the person waits for. */
  follow?: boolean;
}

/** Answered at once, without a queue. */
export interface AnswerTool<Schema extends z.ZodObject = z.ZodObject> extends ToolBase<Schema> {
  kind: "answer";
  /** The job call that this one makes, where it makes one: that may need a yes. */
  submits?(input: z.output<Schema>, context: Pick<AnswerContext, "studio" | "principal">): Promise<Pick<Call, "tool" | "input" | "parent">>;
  answer(input: z.output<Schema>, context: AnswerContext): Promise<Answer>;
}

export type Tool = JobTool | AnswerTool;

/** Keep the schema's type while the tool is written, drop it in the list. */
export function defineJobTool<Schema extends z.ZodObject>(tool: Omit<JobTool<Schema>, "kind">): Tool {
  return { kind: "job", ...tool } as unknown as Tool;
}
export function defineAnswerTool<Schema extends z.ZodObject>(tool: Omit<AnswerTool<Schema>, "kind">): Tool {
  return { kind: "answer", ...tool } as unknown as Tool;
}
