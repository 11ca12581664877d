/** The S3 server of the tests as a process of its own that may be killed: what it said yes to is in its journal before it says so. */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { startS3Server } from "../../platform/files/testing/s3-server.ts";
import type { Bucket, StoredObject } from "../../platform/files/testing/s3-store.ts";

const [journal, port, accessKey, secretKey] = process.argv.slice(2);
if (!journal || !port || !accessKey || !secretKey) throw new Error("s3-main.ts JOURNAL PORT ACCESS_KEY SECRET_KEY");

type Entry = { bucket: string } & ({ key?: never } | { key: string; object?: StoredObject });
const note = (entry: Entry) => appendFileSync(journal, `${JSON.stringify(entry)}\n`);

class Journaled extends Map<string, StoredObject> {
  readonly #bucket: string;
  constructor(bucket: string) {
    super();
    this.#bucket = bucket;
  }
  override set(key: string, object: StoredObject): this {
    note({ bucket: this.#bucket, key, object });
    return super.set(key, object);
  }
  override delete(key: string): boolean {
    note({ bucket: this.#bucket, key });
    return super.delete(key);
  }
  restore(key: string, object: StoredObject | undefined): void {
    if (object) super.set(key, revived(object));
    else super.delete(key);
  }
}

const revived = (object: StoredObject): StoredObject => ({
  ...object,
  modified: new Date(object.modified),
  pieces: object.pieces.map((piece) => ({ ...piece, md5: Buffer.from(piece.md5) })),
});

const before = existsSync(journal) ? readFileSync(journal, "utf8").split("\n").slice(0, -1) : [];
const server = await startS3Server({ accessKey, secretKey, port: Number(port) });
const { buckets } = server;
const plain = buckets.set.bind(buckets);
const open = (name: string, uploads: Bucket["uploads"]): Journaled => {
  const objects = new Journaled(name);
  plain(name, { objects, uploads });
  return objects;
};
for (const line of before) {
  const entry = JSON.parse(line) as Entry;
  const objects = (buckets.get(entry.bucket)?.objects as Journaled | undefined) ?? open(entry.bucket, new Map());
  if (entry.key !== undefined) objects.restore(entry.key, entry.object);
}
buckets.set = (name, { uploads }) => {
  note({ bucket: name });
  open(name, uploads);
  return buckets;
};
process.stdout.write(`${JSON.stringify({ url: server.url })}\n`);
