/** Brings a picture of the person, or frames of a video, into ComfyUI's temp folder, streamed. */
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { z } from "zod";
import { Failure } from "../../../core/failure.ts";
import type { Run } from "../../../core/ports/engine.ts";
import type { Api } from "./api.ts";

const endings: Record<string, string> = { "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp" };
const answer = z.object({ name: z.string(), subfolder: z.string().default(""), type: z.string().default("temp") });

/**
 * Uploads the artifact under a generated name and returns what LoadImage takes, such as `msb-job_0123.png [temp]`. The temp folder is
 * emptied when ComfyUI starts, so this is done again before each post. Throws Unreachable; Failure `limit_exceeded`.
 */
export async function uploadPicture(api: Api, run: Run, artifact: string): Promise<string> {
  const { artifact: source, body } = await run.open(artifact);
  // one name a job: a second upload replaces the first, and what was computed from the same bytes stays cached
  const name = `msb-${run.job.id}-${source.sha256.slice(0, 16)}.${endings[source.mediaType] ?? "png"}`;
  return uploadFile(api, run.signal, { name, mediaType: source.mediaType, body });
}

/** As `uploadPicture`, for a file that is nobody's artifact. @param file.name a generated one. */
export async function uploadFile(
  api: Api,
  signal: AbortSignal,
  { name, mediaType, body }: { name: string; mediaType: string; body: Readable },
): Promise<string> {
  const boundary = `msb${randomBytes(20).toString("hex")}`;
  const field = (key: string, value: string) => `--${boundary}\r\ncontent-disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`;
  const head = `${field("type", "temp")}${field("overwrite", "true")}--${boundary}\r\ncontent-disposition: form-data; name="image"; filename="${name}"\r\ncontent-type: ${mediaType}\r\n\r\n`;
  async function* parts() {
    yield Buffer.from(head);
    yield* body;
    yield Buffer.from(`\r\n--${boundary}--\r\n`);
  }
  try {
    const init: RequestInit & { duplex: "half" } = {
      method: "POST",
      headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
      body: Readable.toWeb(Readable.from(parts(), { objectMode: false })) as ReadableStream,
      duplex: "half",
    };
    const response = await api.http.open("/upload/image", init, { timeout: api.timings.request * 6, signal });
    const text = await response.text();
    if (response.status === 413)
      throw new Failure(
        "limit_exceeded",
        "The picture is larger than ComfyUI takes. Start ComfyUI with a larger --max-upload-size (in MB; 100 is usual), or use a smaller picture.",
      );
    const stored = response.status === 200 ? answer.safeParse(toJson(text)).data : undefined;
    if (!stored)
      throw new Failure("engine_failed", `ComfyUI did not take the picture to start from (status ${response.status}). Retry the job.`, {
        retryable: true,
      });
    // the name that it was stored under, which need not be ours
    return `${stored.subfolder ? `${stored.subfolder}/` : ""}${stored.name} [${stored.type}]`;
  } finally {
    body.destroy();
  }
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
