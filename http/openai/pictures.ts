/** Pictures that come inside a request: read out of their `data:` URLs and stored as the person's own files. No address is ever opened. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { Failure } from "../../core/failure.ts";
import { type Limits, pictureLimit } from "../../core/limits.ts";
import type { Principal } from "../../core/principal.ts";
import type { Studio } from "../../core/studio.ts";
import { HttpFailure } from "../failures.ts";
import { refuse } from "./request.ts";

const most = 20;
/** How many of the newest files are looked through for one that is here already. */
const lookBack = 200;

/** Bytes of a whole request: one picture of the largest size in base 64 beside a long history, and never more than fits in memory. */
export function maxRequest(limits: Limits): number {
  return Math.min(256_000_000, Math.ceil((pictureLimit(limits) * 4) / 3) + 1_000_000);
}

function bytesOf(url: string, path: string, limits: Limits): Buffer {
  const found = /^data:([\w.+-]+\/[\w.+-]+)?(?:;[\w-]+=[^;,]*)*;base64,/i.exec(url.slice(0, 200));
  if (!found) {
    const kind = /^data:/i.test(url) ? "a data: URL must be in base64" : "no address is opened, for your safety";
    refuse(path, `${kind}. Send the picture itself as data:image/png;base64,… (PNG, JPEG or WebP), or upload it by POST /v1/files`);
  }
  const text = url.slice(found[0].length).replace(/\s+/g, "");
  const most = pictureLimit(limits);
  if (text.length > Math.ceil(most / 3) * 4)
    throw new HttpFailure(413, "limit_exceeded", `A picture has at most ${most} bytes (MYSPINBOT_MAX_UPLOAD). Send a smaller one.`);
  if (text === "") refuse(path, "the picture is empty; send its bytes in base64");
  const bytes = Buffer.from(text, "base64");
  // node skips what is no base 64
  if (bytes.length !== Math.floor((text.replace(/=+$/, "").length * 3) / 4)) refuse(path, "the picture is not valid base64; send it again");
  return bytes;
}

/** Artifact ids, in order. All are read before the first is stored; a picture that was stored before (a retried request) is not stored again. */
export async function attach(
  { studio, limits }: { studio: Studio; limits: Limits },
  principal: Principal,
  urls: readonly string[],
  index: number,
): Promise<string[]> {
  const path = `messages.${index}.content`;
  if (urls.length > most) refuse(path, `at most ${most} pictures in one message; send the rest in another`);
  if (urls.length === 0) return [];
  const pictures = urls.map((url) => bytesOf(url, path, limits));
  const known = await studio.artifacts(principal, { limit: lookBack });
  const ids: string[] = [];
  for (const bytes of pictures) {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const before = known.find((artifact) => artifact.job === undefined && artifact.sha256 === sha256);
    const stored = before ?? (await upload(studio, principal, bytes, path));
    if (!before) known.push(stored);
    ids.push(stored.id);
  }
  return ids;
}

async function upload(studio: Studio, principal: Principal, bytes: Buffer, path: string) {
  try {
    return await studio.upload(principal, { name: "picture", body: Readable.from([bytes], { objectMode: false }), bytes: bytes.length });
  } catch (error) {
    if (error instanceof Failure && error.code === "unsupported_media")
      throw new Failure(error.code, error.message, { cause: error, fields: [{ path, message: error.message }] });
    throw error;
  }
}
