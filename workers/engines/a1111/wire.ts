/** The shapes of A1111's and Forge's answers that we rely on; everything else in them is ignored. */
import { z } from "zod";

/** `GET /sdapi/v1/memory`. `cuda` is `{error}` where there is no such card. Bytes. */
export const memory = z.object({
  ram: z.object({}).loose(),
  cuda: z.object({
    system: z.object({ free: z.number(), total: z.number() }).optional(),
    allocated: z.object({ current: z.number() }).optional(),
    reserved: z.object({ current: z.number() }).optional(),
  }),
});
export type Memory = z.infer<typeof memory>;

/** `state` of `GET /sdapi/v1/progress`: of whatever runs. */
export const state = z.object({
  /** `scripts_txt2img`, `task(…)` of its own page, `extras`, `Batch 1 out of 2`; empty when nothing runs. */
  job: z.string().default(""),
  job_timestamp: z.string().default(""),
  job_count: z.number().default(0),
  job_no: z.number().default(0),
  sampling_step: z.number().default(0),
  sampling_steps: z.number().default(0),
  interrupted: z.boolean().default(false),
  skipped: z.boolean().default(false),
  stopping_generation: z.boolean().default(false),
});
export type State = z.infer<typeof state>;
export const progress = z.object({ state });

/** `POST /internal/progress`: of one task. */
export const task = z.object({
  active: z.boolean(),
  queued: z.boolean(),
  completed: z.boolean(),
  progress: z.number().nullish(),
  /** A data URI. */
  live_preview: z.string().nullish(),
  id_live_preview: z.number().nullish(),
});
export type Task = z.infer<typeof task>;

export const pending = z.object({ size: z.number() });

export const checkpoints = z.array(z.object({ title: z.string(), filename: z.string().default("") }));
export const loras = z.array(
  z.object({ name: z.string(), path: z.string().default(""), metadata: z.record(z.string(), z.unknown()).catch({}) }),
);
export const upscalers = z.array(z.object({ name: z.string() }));
export const samplers = z.array(z.object({ name: z.string() }));
export const schedulers = z.array(z.object({ name: z.string(), label: z.string().default("") }));
export const sysinfo = z.object({ Version: z.string() });
export const flags = z.object({ no_hashing: z.boolean().catch(false) });

export const drawn = z.object({ images: z.array(z.string()).nullable(), info: z.string() });
/** `info` of it, which is JSON as text. */
export const info = z.object({
  sd_model_name: z.string().nullish(),
  sd_model_hash: z.string().nullish(),
  version: z.string().nullish(),
  job_timestamp: z.string().nullish(),
  extra_generation_params: z.record(z.string(), z.unknown()).catch({}).default({}),
});
export type Info = z.infer<typeof info>;
export const enlarged = z.object({ image: z.string() });

/** Of an error: A1111 puts the text into `errors`, Forge into `message`, FastAPI into `detail`. */
export const refused = z.object({
  error: z.string().catch("").default(""),
  detail: z
    .union([z.string(), z.array(z.object({ loc: z.array(z.unknown()).default([]), msg: z.string().default("") }))])
    .catch("")
    .default(""),
  errors: z.string().catch("").default(""),
  message: z.string().catch("").default(""),
});
