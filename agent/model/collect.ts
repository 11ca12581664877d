/** One streamed answer of a LangChain chat model, put together: text as it comes, tool calls whole. */
import type { AIMessageChunk } from "@langchain/core/messages";
import { Failure } from "../../core/failure.ts";
import type { JsonObject } from "../../core/json.ts";
import type { ModelAnswer, ModelCall } from "./answer.ts";
import type { Wire } from "./wire.ts";

interface Pending {
  id: string;
  name: string;
  args: string;
}

function whole(pending: Pending, at: number): ModelCall {
  let input: unknown;
  try {
    input = JSON.parse(pending.args || "{}");
  } catch {
    input = undefined;
  }
  const fits = input !== null && typeof input === "object" && !Array.isArray(input);
  // what is no object is left for the schema to refuse by name
  return {
    id: pending.id || `call_${at}`,
    name: pending.name,
    input: fits ? (input as JsonObject) : { arguments: pending.args.slice(0, 200) },
  };
}

/** Characters of one answer. A plan has a few thousand; a server that never ends its answer must not fill the memory. */
const most = 200_000;

/**
 * Calls are kept by id, not by index: Ollama's adapter gives every call index 0, and merging by it would glue two calls together.
 * @param broken what a server's stream that breaks off means.
 */
export async function collect(
  stream: AsyncIterable<AIMessageChunk>,
  parts: { wire: Wire; signal: AbortSignal; onText(text: string): void; broken(cause: unknown): Failure },
): Promise<ModelAnswer> {
  const pending: Pending[] = [];
  const byIndex = new Map<number, Pending>();
  let text = "";
  let length = 0;
  let reason: unknown;
  try {
    for await (const chunk of stream) {
      parts.wire.alive();
      length += chunk.text.length + (chunk.tool_call_chunks ?? []).reduce((sum, { args }) => sum + (args?.length ?? 0), 0);
      if (length > most) throw parts.broken(new Error(`the answer has more than ${most} characters`));
      if (chunk.text) {
        text += chunk.text;
        parts.onText(chunk.text);
      }
      for (const piece of chunk.tool_call_chunks ?? []) {
        const known = piece.index === undefined ? undefined : byIndex.get(piece.index);
        if (known && (!piece.id || piece.id === known.id)) {
          known.args += piece.args ?? "";
          known.name ||= piece.name ?? "";
        } else {
          const entry = { id: piece.id ?? "", name: piece.name ?? "", args: piece.args ?? "" };
          pending.push(entry);
          if (piece.index !== undefined) byIndex.set(piece.index, entry);
        }
      }
      const meta = chunk.response_metadata as { done_reason?: unknown; finish_reason?: unknown };
      reason = meta.done_reason ?? meta.finish_reason ?? reason;
    }
  } catch (error) {
    if (parts.signal.aborted) throw parts.signal.reason;
    throw parts.wire.failure() ?? (error instanceof Failure ? error : parts.broken(error));
  } finally {
    parts.wire.end();
  }
  // Ollama's adapter ends quietly on abort
  parts.signal.throwIfAborted();
  const failure = parts.wire.failure();
  if (failure) throw failure;
  return { text, calls: pending.map(whole), cut: reason === "length" };
}
