/**
 * A real MinIO, by hand, against our store and the links that S3 signs: multipart, Range, presigned for a public host, expiry, tampering.
 *   minio server --address 127.0.0.1:29000 FOLDER       with MINIO_ROOT_USER and MINIO_ROOT_PASSWORD
 *   MYSPINBOT_TEST_S3_ENDPOINT=http://127.0.0.1:29000 MYSPINBOT_TEST_S3_ACCESS_KEY=… MYSPINBOT_TEST_S3_SECRET_KEY=… npx tsx test/stack/minio.ts
 * The contract of every store against the same server: the same variables, and npx vitest run platform/files/s3.test.ts
 */
import { createHash, randomBytes } from "node:crypto";
import { type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "minio";
import { toFailure } from "../../core/failure.ts";
import { silentLog } from "../../core/log.ts";
import { createS3Files } from "../../platform/files/s3.ts";

const {
  MYSPINBOT_TEST_S3_ENDPOINT: endpoint = "",
  MYSPINBOT_TEST_S3_ACCESS_KEY: accessKey = "",
  MYSPINBOT_TEST_S3_SECRET_KEY: secretKey = "",
} = process.env;
const server = new URL(endpoint);
const bucket = `stack-${randomBytes(4).toString("hex")}`;
const region = "us-east-1";
let passed = 0;
let failed = 0;

function say(what: string, good: boolean, figure: unknown): void {
  if (good) passed++;
  else failed++;
  console.log(`${good ? "ok   " : "WRONG"} ${what}: ${figure}`);
}

/** As a proxy hands it on: to the server's address, under the name that the browser asked for. */
async function get(link: URL, { host = link.host, range = "" } = {}): Promise<{ status: number; body: Buffer }> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { host, ...(range ? { range } : {}) };
    request({ host: server.hostname, port: server.port, path: link.pathname + link.search, headers }, resolve)
      .on("error", reject)
      .end();
  });
  return { status: answer.statusCode ?? 0, body: await buffer(answer) };
}

const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const store = (secret: string) => createS3Files({ endpoint, bucket, accessKey, secretKey: secret, region, log: silentLog });
const direct = new Client({ endPoint: server.hostname, port: Number(server.port), useSSL: false, accessKey, secretKey, region });
const signer = new Client({ endPoint: "files.example.org", port: 8443, useSSL: false, accessKey, secretKey, region });

const files = store(secretKey);
await files.check();
say("the bucket is made by our store", await direct.bucketExists(bucket), bucket);

const large = randomBytes((40 << 20) + 1);
const began = performance.now();
const stored = await files.put("stack/large.bin", Readable.from(large), { mediaType: "image/png" });
const seconds = (performance.now() - began) / 1000;
const { etag } = await direct.statObject(bucket, "stack/large.bin");
say("a stream of 40 MiB + 1 goes in parts", /-\d+$/.test(etag) && stored.sha256 === sha(large), `etag ${etag}, ${seconds.toFixed(1)} s`);
say("and comes back whole", sha(await buffer(await files.open("stack/large.bin"))) === sha(large), stored.sha256.slice(0, 16));
const middle = await buffer(await files.open("stack/large.bin", { start: (8 << 20) - 5, end: (8 << 20) + 4 }));
say("a range over the border of two parts", middle.equals(large.subarray((8 << 20) - 5, (8 << 20) + 5)), `${middle.length} bytes`);
const gone = await files.open("stack/none").catch((error: unknown) => toFailure(error).code);
say("a file that is not there", gone === "unknown_artifact", gone);
const wrong = await store(`${secretKey}x`)
  .check()
  .then(
    () => "taken",
    (error: unknown) => toFailure(error).view().message,
  );
say("a wrong secret is refused, and the message does not tell it", wrong !== "taken" && !wrong.includes(secretKey), wrong);

const small = randomBytes(1000);
await files.put("stack/small.png", small, { mediaType: "image/png" });
const link = new URL(await signer.presignedGetObject(bucket, "stack/small.png", 60));
const opened = await get(link);
say(
  "presigned for a public host, through a proxy that keeps Host",
  opened.status === 200 && opened.body.equals(small),
  `${link.host} ${opened.status}`,
);
const ranged = await get(link, { range: "bytes=10-19" });
say(
  "the same with Range",
  ranged.status === 206 && ranged.body.equals(small.subarray(10, 20)),
  `${ranged.status}, ${ranged.body.length} bytes`,
);
const refused = async (what: string, changed: URL, options = {}) => {
  const { status } = await get(changed, options);
  say(what, status === 403, status);
};
const changed = (change: (copy: URL) => void) => {
  const copy = new URL(link);
  change(copy);
  return copy;
};
await refused("a proxy that changes Host", link, { host: server.host });
await refused(
  "another key under its signature",
  changed((copy) => {
    copy.pathname = copy.pathname.replace("small.png", "large.bin");
  }),
);
await refused(
  "a later end under its signature",
  changed((copy) => copy.searchParams.set("X-Amz-Expires", "6000")),
);
await refused(
  "one digit of the signature changed",
  changed((copy) => {
    const signature = copy.searchParams.get("X-Amz-Signature") ?? "";
    copy.searchParams.set("X-Amz-Signature", (signature.startsWith("0") ? "1" : "0") + signature.slice(1));
  }),
);
await refused(
  "no signature",
  changed((copy) => {
    copy.search = "";
  }),
);
const brief = new URL(await signer.presignedGetObject(bucket, "stack/small.png", 1));
await sleep(2500);
await refused("after its end", brief);

for (const key of ["stack/small.png", "stack/large.bin"]) await files.remove(key);
let left = 0;
for await (const _file of files.list("")) left++;
say("nothing is left in the bucket", left === 0, left);
await direct.removeBucket(bucket);
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
