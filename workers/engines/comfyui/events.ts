/** What comes over ComfyUI's socket, decoded; anything unknown is `undefined`. */
import { z } from "zod";

export type ComfyEvent =
  | { type: "start" | "success" | "failed" | "interrupted"; prompt: string }
  | { type: "executing"; prompt: string; node: string | null }
  | { type: "progress"; prompt: string; node: string; value: number; max: number }
  /** `prompt` is absent in the older framing: it belongs to whatever runs. */
  | { type: "preview"; prompt?: string; mediaType: string; data: Uint8Array };

const progress = z.object({ prompt_id: z.string(), node: z.string(), value: z.number(), max: z.number() });
const executing = z.object({ prompt_id: z.string(), node: z.string().nullable() });
const named = z.object({ prompt_id: z.string() });
const state = z.object({
  prompt_id: z.string(),
  nodes: z.record(z.string(), z.object({ value: z.number(), max: z.number(), state: z.string() })),
});
const metadata = z.object({ prompt_id: z.string(), image_type: z.string().default("image/jpeg") });

const ends: Record<string, "start" | "success" | "failed" | "interrupted"> = {
  execution_start: "start",
  execution_success: "success",
  execution_error: "failed",
  execution_interrupted: "interrupted",
};

export function decodeText(text: string): ComfyEvent | undefined {
  const { type, data } = (json(text) ?? {}) as { type?: unknown; data?: unknown };
  if (typeof type !== "string") return undefined;
  if (type === "progress") {
    const event = progress.safeParse(data).data;
    return event && { type, prompt: event.prompt_id, node: event.node, value: event.value, max: event.max };
  }
  if (type === "executing") {
    // after a reconnect the first one has no prompt id: it could be anyone's
    const event = executing.safeParse(data).data;
    return event && { type, prompt: event.prompt_id, node: event.node };
  }
  if (type === "progress_state") {
    const event = state.safeParse(data).data;
    const running = Object.entries(event?.nodes ?? {}).find(([, node]) => node.state === "running");
    // 0 of 1 is a node that merely started; `executing` says so too
    if (!event || !running || running[1].max <= 1) return undefined;
    return { type: "progress", prompt: event.prompt_id, node: running[0], value: running[1].value, max: running[1].max };
  }
  const end = ends[type];
  const event = end && named.safeParse(data).data;
  return end && event ? { type: end, prompt: event.prompt_id } : undefined;
}

const frame = { preview: 1, previewWithMetadata: 4 };

export function decodeBinary(bytes: Buffer): ComfyEvent | undefined {
  if (bytes.length < 8) return undefined;
  const kind = bytes.readUInt32BE(0);
  const second = bytes.readUInt32BE(4);
  if (kind === frame.preview) return { type: "preview", mediaType: second === 2 ? "image/png" : "image/jpeg", data: bytes.subarray(8) };
  if (kind !== frame.previewWithMetadata || bytes.length < 8 + second) return undefined;
  const parsed = metadata.safeParse(json(bytes.toString("utf8", 8, 8 + second))).data;
  return parsed && { type: "preview", prompt: parsed.prompt_id, mediaType: parsed.image_type, data: bytes.subarray(8 + second) };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
