/** AWS Signature Version 4 as a server checks it: headers, presigned links and signed chunks. After the "Authenticating Requests" pages of the S3 API. */
import { createHash, createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

export interface Credentials {
  accessKey: string;
  secretKey: string;
  region: string;
}

export interface SignedRequest {
  method: string;
  /** Path and query as sent. */
  url: string;
  headers: IncomingHttpHeaders;
}

/** What the chunks of a body are signed with, and what its bytes must be. */
export interface Verified {
  /** `x-amz-content-sha256`: hex, `UNSIGNED-PAYLOAD`, or `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`. */
  payload: string;
  signature: string;
  key: Buffer;
  date: string;
  scope: string;
}

export class Refused extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  constructor(status: number, code: string, detail = "") {
    super(code);
    this.status = status;
    this.code = code;
    this.detail = detail;
  }
}

export const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
const percent = (text: string) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

function canonicalRequest({ method, url, headers }: SignedRequest, signed: string[], payload: string): string {
  const [path = "", query = ""] = url.split("?");
  const pairs = query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => [pair.split("=")[0] ?? "", pair.split("=").slice(1).join("=")].map((part) => percent(decodeURIComponent(part))))
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${name}=${value}`)
    .sort();
  const lines = signed.map(
    (name) =>
      `${name}:${String(headers[name] ?? "")
        .trim()
        .replace(/ +/g, " ")}\n`,
  );
  const resource = path
    .split("/")
    .map((part) => percent(decodeURIComponent(part)))
    .join("/");
  return [method, resource, pairs.join("&"), lines.join(""), signed.join(";"), payload].join("\n");
}

function parseDate(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) throw new Refused(403, "AccessDenied", "no valid date");
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [number, number, number, number, number, number];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

interface Claims {
  credential: string;
  signed: string[];
  signature: string;
  date: string;
  payload: string;
}

function claimsOf({ url, headers }: SignedRequest, now: number): Claims {
  const query = new URLSearchParams(url.split("?")[1] ?? "");
  if (query.has("X-Amz-Signature")) {
    const date = query.get("X-Amz-Date") ?? "";
    const expires = Number(query.get("X-Amz-Expires"));
    if (!(expires >= 1 && expires <= 604_800)) throw new Refused(400, "AuthorizationQueryParametersError");
    if (now > parseDate(date) + expires * 1000) throw new Refused(403, "AccessDenied", "Request has expired");
    return {
      credential: query.get("X-Amz-Credential") ?? "",
      signed: (query.get("X-Amz-SignedHeaders") ?? "").split(";"),
      signature: query.get("X-Amz-Signature") ?? "",
      date,
      payload: "UNSIGNED-PAYLOAD",
    };
  }
  const match = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
    headers.authorization ?? "",
  );
  if (!match) throw new Refused(403, "AccessDenied", "unsigned");
  const [credential = "", signed = "", signature = ""] = match.slice(1);
  const date = String(headers["x-amz-date"] ?? "");
  if (Math.abs(now - parseDate(date)) > 15 * 60_000) throw new Refused(403, "RequestTimeTooSkewed");
  const payload = headers["x-amz-content-sha256"];
  if (typeof payload !== "string") throw new Refused(400, "MissingContentSHA256");
  return { credential, signed: signed.split(";"), signature, date, payload };
}

/** Throws Refused. The body is checked later, with what this returns. */
export function verify(request: SignedRequest, known: Credentials, now = Date.now()): Verified {
  const { credential, signed, signature, date, payload } = claimsOf(request, now);
  const [accessKey = "", day = "", region = "", service = "", end = ""] = credential.split("/");
  if (accessKey !== known.accessKey) throw new Refused(403, "InvalidAccessKeyId");
  if (region !== known.region) throw new Refused(400, "AuthorizationHeaderMalformed", known.region);
  if (service !== "s3" || end !== "aws4_request" || !date.startsWith(day)) throw new Refused(403, "SignatureDoesNotMatch");
  const unsigned = Object.keys(request.headers).find((name) => (name === "host" || name.startsWith("x-amz-")) && !signed.includes(name));
  if (unsigned) throw new Refused(403, "AccessDenied", `not signed: ${unsigned}`);
  const scope = `${day}/${region}/s3/aws4_request`;
  const key = hmac(hmac(hmac(hmac(`AWS4${known.secretKey}`, day), region), "s3"), "aws4_request");
  const text = ["AWS4-HMAC-SHA256", date, scope, sha256(canonicalRequest(request, signed, payload))].join("\n");
  if (hmac(key, text).toString("hex") !== signature) throw new Refused(403, "SignatureDoesNotMatch");
  return { payload, signature, key, date, scope };
}

/** The signature of one chunk of a `STREAMING-AWS4-HMAC-SHA256-PAYLOAD` body. */
export function chunkSignature({ key, date, scope }: Omit<Verified, "payload" | "signature">, previous: string, chunk: Uint8Array): string {
  return hmac(key, ["AWS4-HMAC-SHA256-PAYLOAD", date, scope, previous, sha256(""), sha256(chunk)].join("\n")).toString("hex");
}
