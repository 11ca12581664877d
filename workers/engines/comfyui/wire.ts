/** The shapes of ComfyUI's answers that we rely on; everything else in them is ignored. */
import { z } from "zod";

export interface GraphNode {
  class_type: string;
  inputs: Record<string, unknown>;
}
/** A node graph in API format: nodes by id; a link is `[node id, output index]`. */
export type Graph = Record<string, GraphNode>;

export const systemStats = z.object({
  system: z.object({ comfyui_version: z.string().optional() }),
  devices: z.array(
    z.object({
      name: z.string().default(""),
      type: z.string().default(""),
      vram_total: z.number().default(0),
      vram_free: z.number().default(0),
      torch_vram_total: z.number().default(0),
      torch_vram_free: z.number().default(0),
    }),
  ),
});
export type SystemStats = z.infer<typeof systemStats>;

/** `[number, prompt id, graph, extra data, output nodes]` */
const queueItem = z.tuple([z.number(), z.string()]).rest(z.unknown());
export const queue = z.object({ queue_running: z.array(queueItem), queue_pending: z.array(queueItem) });
export type Queue = z.infer<typeof queue>;

/** What a node wrote: any key, any shape; see `results.ts`. */
const outputs = z.record(z.string(), z.unknown());
export type Outputs = z.infer<typeof outputs>;

export const executionError = z.object({
  node_id: z.string().optional(),
  node_type: z.string().optional(),
  exception_message: z.string().default(""),
  exception_type: z.string().default(""),
  traceback: z.unknown().optional(),
  current_inputs: z.unknown().optional(),
});
export type ExecutionError = z.infer<typeof executionError>;

const status = z.object({
  status_str: z.string(),
  messages: z.array(z.tuple([z.string(), z.unknown()]).rest(z.unknown())).default([]),
});

export const job = z.object({
  id: z.string(),
  status: z.string(),
  outputs: outputs.optional(),
  execution_error: executionError.optional(),
  execution_status: status.nullish(),
});

export const history = z.record(z.string(), z.object({ outputs: outputs.default({}), status: status.nullish() }));

const nodeError = z.object({
  class_type: z.string().optional(),
  errors: z.array(
    z.object({
      type: z.string(),
      details: z.string().default(""),
      extra_info: z.object({ input_name: z.string().optional(), received_value: z.unknown().optional() }).default({}),
    }),
  ),
});
export type NodeErrors = Record<string, z.infer<typeof nodeError>>;

export const posted = z.object({ prompt_id: z.string(), node_errors: z.record(z.string(), nodeError).default({}) });

export const rejected = z.object({
  error: z.object({
    type: z.string(),
    message: z.string().default(""),
    details: z.string().default(""),
    extra_info: z.object({ class_type: z.string().nullish() }).catch({}).default({}),
  }),
  node_errors: z.record(z.string(), nodeError).catch({}),
});
