/** gpu-host's answers as they are read: what is not used is not looked at. */
import { z } from "zod";

export const errorBody = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
export type ErrorBody = z.output<typeof errorBody>["error"];

export const health = z.object({ ok: z.literal(true), version: z.string() });

const hostEngine = z.object({
  id: z.string(),
  title: z.string(),
  version: z.string().nullable(),
  ready: z.boolean(),
  problems: z.array(z.string()),
  /** Of the program and its weights, with what it forbids. */
  licence: z.string().nullish(),
  families: z.array(z.object({ id: z.string(), problems: z.array(z.string()) })).default([]),
  models: z
    .array(
      z.object({
        name: z.string(),
        family: z.string().default(""),
        usable: z.boolean(),
        note: z.string().nullish(),
        licence: z.string().nullish(),
        languages: z.array(z.string()).nullish(),
      }),
    )
    .default([]),
});
export type HostEngine = z.output<typeof hostEngine>;
export type TrainerView = HostEngine;
export type BaseModel = TrainerView["models"][number];
export const engines = z.object({ engines: z.array(hostEngine) });

export const gpu = z.object({
  owner: z.string().nullable(),
  cards: z.array(
    z.object({
      name: z.string(),
      vram_total: z.number(),
      vram_free: z.number(),
      /** Programs of gpu-host that hold memory of it. */
      ours: z.array(z.object({ engine: z.string(), vram: z.number() })).default([]),
    }),
  ),
});
export type GpuView = z.output<typeof gpu>;

/** Programs that stayed loaded and are gone now. */
export const unloaded = z.object({ unloaded: z.array(z.string()) });

const point = z.object({ step: z.number(), total: z.number() });
const result = z.object({ name: z.string(), sha256: z.string(), bytes: z.number() });

const runStates = ["preparing", "running", "canceling", "succeeded", "failed", "canceled"] as const;

export const runView = z.object({
  id: z.string(),
  engine: z.string(),
  state: z.enum(runStates),
  step: z.number(),
  failure: z.object({ code: z.string(), message: z.string() }).nullable(),
  /** Not null: another run can go on from here. */
  resume: point.nullable(),
  files: z.array(z.string()),
  results: z.array(result),
  events: z.number(),
});
export type RunView = z.output<typeof runView>;
export const runViews = z.object({ runs: z.array(runView) });

export const isOver = ({ state }: Pick<RunView, "state">): boolean => state === "succeeded" || state === "failed" || state === "canceled";

const seq = z.number();
const events = z.discriminatedUnion("type", [
  z.object({ seq, type: z.literal("started"), resumed_from_step: z.number() }),
  z.object({ seq, type: z.literal("stage"), name: z.string() }),
  z.object({
    seq,
    type: z.literal("step"),
    step: z.number(),
    total: z.number(),
    loss: z.number().nullish(),
    eta_seconds: z.number().nullish(),
  }),
  z.object({ seq, type: z.literal("sample"), name: z.string(), step: z.number(), index: z.number() }),
  z.object({ seq, type: z.literal("saved"), step: z.number(), name: z.string().nullable() }),
  z.object({ seq, type: z.literal("warning"), code: z.string(), message: z.string() }),
]);
/** `other`: a ping, or one that says nothing new; its number still counts. */
export type RunEvent = z.output<typeof events> | { type: "other"; seq?: number; at?: string };

const other = z.object({ seq: seq.optional(), at: z.string().optional() }).transform((found) => ({ type: "other" as const, ...found }));

/** A line of a run's events. Undefined for one that is none. */
export function eventOf(line: string): RunEvent | undefined {
  try {
    const found: unknown = JSON.parse(line);
    return events.safeParse(found).data ?? (other.safeParse(found).data as RunEvent | undefined);
  } catch {
    return undefined;
  }
}

/** What `POST /v1/runs` takes for sd-scripts. The same again must be the same in every field: it is compared. */
export interface TrainParams {
  family: string;
  base_model: string;
  pictures: { image: string; caption: string }[];
  title: string;
  steps: number;
  rank: number;
  alpha: number;
  learning_rate: number;
  batch_size: number;
  resolution: number;
  optimizer: string;
  scheduler: string;
  precision: string;
  seed: number;
  save_every: number;
  samples: { prompt: string; negative_prompt: string; width: number; height: number; seed: number; steps: number; scale: number }[];
  sample_every: number;
}
