/** The bytes of a signed request: digests compared, signed chunks taken apart. */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { chunkSignature, Refused, sha256, type Verified } from "./s3-signature.ts";

function unchunk(raw: Buffer, verified: Verified): Buffer {
  const parts: Buffer[] = [];
  let previous = verified.signature;
  for (let at = 0; ; ) {
    const eol = raw.indexOf("\r\n", at);
    const head = /^([0-9a-f]+);chunk-signature=([0-9a-f]{64})$/.exec(raw.subarray(at, Math.max(eol, at)).toString());
    if (!head) throw new Refused(400, "IncompleteBody");
    const size = Number.parseInt(head[1] as string, 16);
    const chunk = raw.subarray(eol + 2, eol + 2 + size);
    if (chunk.length !== size) throw new Refused(400, "IncompleteBody");
    const expected = chunkSignature(verified, previous, chunk);
    if (head[2] !== expected) throw new Refused(403, "SignatureDoesNotMatch");
    if (size === 0) return Buffer.concat(parts);
    parts.push(chunk);
    previous = expected;
    at = eol + 2 + size + 2;
  }
}

/** Whole, in memory: a part has 8 MB, and this is a test server. */
export async function readVerified(request: IncomingMessage, verified: Verified): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const raw = Buffer.concat(pieces);
  const { headers } = request;
  if (verified.payload === "STREAMING-AWS4-HMAC-SHA256-PAYLOAD") {
    const body = unchunk(raw, verified);
    if (body.length !== Number(headers["x-amz-decoded-content-length"])) throw new Refused(400, "IncompleteBody");
    return body;
  }
  if (verified.payload !== "UNSIGNED-PAYLOAD" && verified.payload !== sha256(raw)) throw new Refused(400, "XAmzContentSHA256Mismatch");
  const md5 = headers["content-md5"];
  if (md5 && md5 !== createHash("md5").update(raw).digest("base64")) throw new Refused(400, "BadDigest");
  return raw;
}
