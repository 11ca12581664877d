/** Request bodies: read within a limit, never for ever, and turned into JSON that every store can keep. */
import type { Context } from "hono";
import type { z } from "zod";
import { Failure } from "../core/failure.ts";
import { issueWords } from "../core/issue-words.ts";
import type { Json } from "../core/json.ts";
import { HttpFailure } from "./failures.ts";

export const maxJson = 1_000_000;
const idleMs = 60_000;
/** Bytes of a body that comes in one piece, and is read without a stream. */
const small = 65_536;

function late(silence: number): { late: Promise<never>; clear(): void } {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new HttpFailure(408, "timeout", "The request body did not arrive in time. Send it again.")), silence);
  });
  return { late, clear: () => clearTimeout(timer) };
}

/** The body's chunks; 408 when the sender is silent for a minute. */
export async function* chunksOf(request: Request, silence = idleMs): AsyncGenerator<Uint8Array> {
  const reader = request.body?.getReader();
  if (!reader) return;
  let ended = false;
  try {
    while (true) {
      const silent = late(silence);
      const { done, value } = await Promise.race([reader.read(), silent.late]).finally(silent.clear);
      if (done) {
        ended = true;
        return;
      }
      yield value;
    }
  } finally {
    if (!ended) reader.cancel().catch(() => undefined);
  }
}

/** All bytes; 413 from `over` as soon as there are too many. */
export async function readBytes(request: Request, limit: number, over: () => Failure): Promise<Buffer> {
  const stated = Number(request.headers.get("content-length") ?? Number.NaN);
  if (stated > limit) throw over();
  if (stated <= small) {
    const silent = late(idleMs);
    return Buffer.from(await Promise.race([request.arrayBuffer(), silent.late]).finally(silent.clear));
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(request)) {
    bytes += chunk.length;
    if (bytes > limit) throw over();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

/** PostgreSQL keeps neither NUL nor half a surrogate pair. */
function storable(text: string): boolean {
  return !text.includes("\u0000") && !/\p{Surrogate}/u.test(text);
}

function parse(bytes: Uint8Array): Json {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  return JSON.parse(text, (key, value: unknown) => {
    if (!storable(key) || (typeof value === "string" && !storable(value)))
      throw new Failure("invalid_input", "Text may hold neither the NUL character nor half a surrogate pair. Take it out and send again.");
    return value;
  }) as Json;
}

/** Failure `invalid_input` for what is no JSON, 413 over the limit (1 MB), 415 for another content type. An empty body is `{}`. */
export async function readJson(c: Context, limit = maxJson): Promise<Json> {
  const bytes = await readBytes(
    c.req.raw,
    limit,
    () => new HttpFailure(413, "limit_exceeded", `A JSON body has at most ${limit} bytes. Send files to POST /v1/files.`),
  );
  if (bytes.length === 0) return {};
  if (!/^application\/(?:[\w.-]+\+)?json(?:\s*;|$)/i.test(c.req.header("content-type") ?? ""))
    throw new Failure("unsupported_media", "Send JSON with the header Content-Type: application/json.");
  try {
    return parse(bytes);
  } catch (error) {
    if (error instanceof Failure) throw error;
    // the parser's own words may repeat the body
    throw new Failure("invalid_input", "The body is not valid JSON in UTF-8 (or is nested too deeply).", { cause: error });
  }
}

/** Failure `invalid_input` with one entry a bad field. */
export function parseWith<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value, { error: issueWords });
  if (result.success) return result.data;
  const fields = result.error.issues.map((issue) => ({ path: issue.path.join(".") || "(body)", message: issue.message }));
  const list = fields.map((field) => `${field.path}: ${field.message}`).join("; ");
  throw new Failure("invalid_input", `The request does not fit. ${list}.`, { fields });
}
