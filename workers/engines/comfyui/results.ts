/** The files that a prompt wrote, and how they come to us. */
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import type { Api } from "./api.ts";
import { Unreachable } from "./http.ts";
import type { Outputs } from "./wire.ts";

export interface ResultFile {
  filename: string;
  subfolder: string;
  type: string;
}

/** Every object with a `filename` under any key of any node: nodes name their lists as they like (`images` holds clips too). */
export function resultFiles(outputs: Outputs): ResultFile[] {
  const found: ResultFile[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const { filename, subfolder, type } = value as Record<string, unknown>;
    if (typeof filename === "string")
      found.push({ filename, subfolder: typeof subfolder === "string" ? subfolder : "", type: typeof type === "string" ? type : "output" });
    else Object.values(value).forEach(visit);
  };
  visit(outputs);
  return found;
}

const types: Record<string, string> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  webp: "image/webp",
  gif: "image/gif",
  mp4: "video/mp4",
  webm: "video/webm",
  flac: "audio/flac",
  mp3: "audio/mpeg",
  opus: "audio/ogg",
  wav: "audio/wav",
};

function mediaType(file: ResultFile, response: Response): string {
  const said = response.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (said && said !== "application/octet-stream") return said;
  return types[file.filename.split(".").at(-1)?.toLowerCase() ?? ""] ?? "application/octet-stream";
}

/** ComfyUI lists a file that it no longer has. */
export class MissingFile extends Error {
  constructor(file: ResultFile) {
    super(`ComfyUI lists ${file.filename} but does not have it`);
    this.name = "MissingFile";
  }
}

/** Streams a file into `store`. Throws MissingFile, or Unreachable where the bytes broke off; whatever `store` throws passes through. */
export async function fetchResult(
  api: Api,
  file: ResultFile,
  signal: AbortSignal,
  store: (mediaType: string, body: Readable) => Promise<void>,
): Promise<void> {
  const query = new URLSearchParams({ filename: file.filename, subfolder: file.subfolder, type: file.type });
  const response = await api.http.open(`/view?${query}`, {}, { timeout: api.timings.request * 6, signal });
  if (response.status === 404 || !response.body) {
    void response.body?.cancel();
    throw new MissingFile(file);
  }
  if (response.status !== 200) {
    void response.body.cancel();
    throw new Unreachable(new Error(`/view answered ${response.status}`));
  }
  const body = Readable.fromWeb(response.body as ReadableStream);
  let broken: unknown;
  body.on("error", (error) => {
    broken ??= error;
  });
  const stop = () => body.destroy(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    await store(mediaType(file, response), body);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw broken === undefined ? error : new Unreachable(broken);
  } finally {
    signal.removeEventListener("abort", stop);
    body.destroy();
  }
}
