/** The S3 operations that the minio client uses, after the request was found genuine. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Refused } from "./s3-signature.ts";
import { type Bucket, complete, objectOf, read, storePiece } from "./s3-store.ts";

export interface Context {
  buckets: Map<string, Bucket>;
  folder: string;
  region: string;
  request: IncomingMessage;
  response: ServerResponse;
  body: Buffer;
  bucketName: string;
  key: string;
  query: URLSearchParams;
}

const text = (value: string) => value.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");

function xml(response: ServerResponse, body: string, status = 200): void {
  response.writeHead(status, { "content-type": "application/xml" }).end(`<?xml version="1.0" encoding="UTF-8"?>${body}`);
}

function list(bucket: Bucket, bucketName: string, query: URLSearchParams): string {
  const after = query.get("continuation-token") || query.get("start-after") || "";
  const keys = [...bucket.objects.keys()].sort().filter((key) => key.startsWith(query.get("prefix") ?? "") && key > after);
  const page = keys.slice(0, Math.min(1000, Number(query.get("max-keys") ?? 1000)));
  const more = page.length < keys.length;
  const name = (key: string) => (query.get("encoding-type") === "url" ? encodeURIComponent(key) : text(key));
  const contents = page.map((key) => {
    const object = bucket.objects.get(key);
    return `<Contents><Key>${name(key)}</Key><LastModified>${object?.modified.toISOString()}</LastModified><ETag>${text(object?.etag ?? "")}</ETag><Size>${object?.bytes}</Size></Contents>`;
  });
  return `<ListBucketResult><Name>${bucketName}</Name><KeyCount>${page.length}</KeyCount><IsTruncated>${more}</IsTruncated>${
    more ? `<NextContinuationToken>${text(page.at(-1) ?? "")}</NextContinuationToken>` : ""
  }${contents.join("")}</ListBucketResult>`;
}

function uploads(bucket: Bucket): string {
  const entries = [...bucket.uploads].map(
    ([id, { key, initiated }]) =>
      `<Upload><Key>${text(key)}</Key><UploadId>${id}</UploadId><Initiated>${initiated.toISOString()}</Initiated></Upload>`,
  );
  return `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${entries.join("")}</ListMultipartUploadsResult>`;
}

export function bucketRoute(context: Context): void {
  const { buckets, request, response, bucketName, query, body } = context;
  const bucket = buckets.get(bucketName);
  if (request.method === "PUT") {
    if (bucket) throw new Refused(409, "BucketAlreadyOwnedByYou");
    buckets.set(bucketName, { objects: new Map(), uploads: new Map() });
    response.writeHead(200).end();
    return;
  }
  if (!bucket) throw new Refused(404, "NoSuchBucket");
  if (request.method === "HEAD") response.writeHead(200).end();
  else if (request.method === "GET" && query.has("location"))
    xml(response, `<LocationConstraint>${context.region === "us-east-1" ? "" : context.region}</LocationConstraint>`);
  else if (request.method === "GET" && query.has("uploads")) xml(response, uploads(bucket));
  else if (request.method === "GET" && query.get("list-type") === "2") xml(response, list(bucket, bucketName, query));
  else if (request.method === "POST" && query.has("delete")) {
    for (const [, key = ""] of body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)) bucket.objects.delete(key);
    xml(response, "<DeleteResult></DeleteResult>");
  } else throw new Refused(501, "NotImplemented");
}

async function send({ request, response, key }: Context, bucket: Bucket): Promise<void> {
  const object = bucket.objects.get(key);
  if (!object) throw new Refused(404, "NoSuchKey");
  const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const start = match ? Number(match[1]) : 0;
  const end = match?.[2] ? Math.min(Number(match[2]), object.bytes - 1) : object.bytes - 1;
  if (match && start >= object.bytes) throw new Refused(416, "InvalidRange");
  response.writeHead(match ? 206 : 200, {
    "content-length": end - start + 1,
    "content-type": object.type,
    etag: object.etag,
    "last-modified": object.modified.toUTCString(),
    ...(match ? { "content-range": `bytes ${start}-${end}/${object.bytes}` } : {}),
  });
  if (request.method === "HEAD") response.end();
  else await pipeline(Readable.from(read(object, start, end)), response);
}

export async function objectRoute(context: Context): Promise<void> {
  const { buckets, folder, request, response, bucketName, key, query, body } = context;
  const bucket = buckets.get(bucketName);
  if (!bucket) throw new Refused(404, "NoSuchBucket");
  const upload = query.get("uploadId") ?? "";
  const type = request.headers["content-type"] ?? "binary/octet-stream";
  if (request.method === "GET" || request.method === "HEAD") return send(context, bucket);
  if (request.method === "PUT" && upload) {
    const parts = bucket.uploads.get(upload)?.parts;
    if (!parts) throw new Refused(404, "NoSuchUpload");
    const piece = await storePiece(folder, body);
    parts.set(Number(query.get("partNumber")), piece);
    response.writeHead(200, { etag: `"${piece.md5.toString("hex")}"` }).end();
  } else if (request.method === "PUT") {
    const object = objectOf([await storePiece(folder, body)], type, false);
    bucket.objects.set(key, object);
    response.writeHead(200, { etag: object.etag }).end();
  } else if (request.method === "POST" && query.has("uploads")) {
    const id = randomBytes(12).toString("base64url");
    bucket.uploads.set(id, { key, type, parts: new Map(), initiated: new Date() });
    xml(response, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
  } else if (request.method === "POST" && upload) {
    const { etag } = complete(bucket, upload, body.toString());
    xml(
      response,
      `<CompleteMultipartUploadResult><Location>/${bucketName}</Location><Bucket>${bucketName}</Bucket><Key>${text(key)}</Key><ETag>${text(etag)}</ETag></CompleteMultipartUploadResult>`,
    );
  } else if (request.method === "DELETE") {
    if (upload ? !bucket.uploads.delete(upload) : false) throw new Refused(404, "NoSuchUpload");
    if (!upload) bucket.objects.delete(key);
    response.writeHead(204).end();
  } else throw new Refused(501, "NotImplemented");
}
