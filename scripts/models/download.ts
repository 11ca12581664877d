/** One file over HTTPS into `<name>.part`, gone on with where an earlier try ended, checked, and only then given its name. */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure } from "../../core/failure.ts";
import { refuseStart, refuseTruncated, startBytes } from "./format.ts";

export interface Wish {
  url: string;
  /** Where it goes in the end. */
  path: string;
  name: string;
  bytes?: number;
  sha256?: string;
}
export interface DownloadOptions {
  /** Bytes of the disk that stay free. */
  reserve: number;
  /** For a source that asks who we are; sent to the first host alone, never on to where it redirects. */
  token?: string;
  progress?: (done: number, total: number | undefined) => void;
  /** Milliseconds without a byte after which the connection is given up. Default 60 s. */
  stallMs?: number;
}
export interface Fetched {
  sha256: string;
  bytes: number;
}

const gb = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
const sizeOf = (path: string) =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

async function hashOf(path: string, hash: Hash = createHash("sha256")): Promise<Hash> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash;
}
/** SHA-256 of a file, lower-case hex. */
export const sha256Of = async (path: string) => (await hashOf(path)).digest("hex");

function refuseAddress(url: URL): void {
  const isNear = ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  if (url.protocol === "https:" || (url.protocol === "http:" && isNear)) return;
  throw new Failure("invalid_input", `Models are fetched by https alone, not from ${url.protocol}//${url.hostname}.`);
}

async function refuseFullDisk(folder: string, needed: number, reserve: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free - needed >= reserve) return;
  throw new Failure(
    "storage_full",
    `${gb(needed)} are still to come and ${gb(free)} are free; ${gb(reserve)} must stay free. Make room, choose another folder (--folder), or a smaller --reserve-gb.`,
  );
}

function refuseAnswer(response: Response, wish: Wish): void {
  if (response.ok) return;
  const source = new URL(wish.url).hostname;
  if (response.status === 401 || response.status === 403)
    throw new Failure(
      "not_allowed",
      `${source} wants an account for ${wish.name}: accept its terms there, and give a token by HF_TOKEN or HF_TOKEN_FILE.`,
    );
  if (response.status === 404)
    throw new Failure("unknown_model", `${source} has no ${wish.name} any more (HTTP 404). Look on its page for where it went.`);
  throw new Failure("engine_unavailable", `${source} answered HTTP ${response.status}. Try again later; what is here is kept.`, {
    retryable: true,
  });
}

/** What is there of an earlier try, and by which mark its source knows it. Without a mark or a known hash nobody could tell that the rest fits. */
async function begun(part: string, wish: Wish): Promise<{ size: number; etag: string | undefined }> {
  const etag = await readFile(`${part}.etag`, "utf8").catch(() => undefined);
  const size = await sizeOf(part);
  if (wish.sha256 === undefined && !etag) return { size: 0, etag: undefined };
  return { size: wish.bytes !== undefined && size > wish.bytes ? 0 : size, etag: etag || undefined };
}

async function ask(wish: Wish, from: number, etag: string | undefined, token: string | undefined, signal: AbortSignal): Promise<Response> {
  const headers = {
    "user-agent": "myspinbot-models",
    "accept-encoding": "identity",
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    ...(from > 0 ? { range: `bytes=${from}-`, ...(etag ? { "if-range": etag } : {}) } : {}),
  };
  const response = await fetch(wish.url, { headers, signal });
  refuseAddress(new URL(response.url));
  return response;
}

/** Two of us on one file would mix it up. */
async function alone<T>(part: string, work: () => Promise<T>): Promise<T> {
  const mark = `${part}.pid`;
  const holder = Number(await readFile(mark, "utf8").catch(() => ""));
  const lives = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  if (holder > 0 && holder !== process.pid && lives(holder))
    throw new Failure("conflict", `Process ${holder} is fetching this file already.`);
  await writeFile(mark, String(process.pid));
  try {
    return await work();
  } finally {
    await rm(mark, { force: true });
  }
}

/** Fetches what is missing. Failure with the reason; what came so far stays for the next try, unless it is known to be wrong. */
export async function download(wish: Wish, options: DownloadOptions): Promise<Fetched> {
  refuseAddress(new URL(wish.url));
  await mkdir(dirname(wish.path), { recursive: true });
  return alone(`${wish.path}.part`, () => fetchInto(`${wish.path}.part`, wish, options));
}

async function fetchInto(part: string, wish: Wish, { reserve, token, progress, stallMs = 60_000 }: DownloadOptions): Promise<Fetched> {
  const drop = () => Promise.all([part, `${part}.etag`].map((path) => rm(path, { force: true })));
  const earlier = await begun(part, wish);
  const stall = new AbortController();
  let timer = setTimeout(() => stall.abort(), stallMs);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stall.abort(), stallMs);
  };
  try {
    let from = earlier.size;
    // all is here already, and only the check is missing
    const complete = from > 0 && from === wish.bytes;
    if (!complete) {
      const response = await ask(wish, from, earlier.etag, token, stall.signal);
      if (response.status === 416) {
        await response.body?.cancel();
        await drop();
        throw new Failure("engine_unavailable", `${wish.name} has changed at its source. Start the download again.`, { retryable: true });
      }
      refuseAnswer(response, wish);
      const range = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "");
      from = response.status === 206 && Number(range?.[1]) === from ? from : 0;
      const length = Number(response.headers.get("content-length") ?? Number.NaN);
      const total = Number.isFinite(length) ? from + length : wish.bytes;
      if (wish.bytes !== undefined && total !== undefined && total !== wish.bytes)
        throw new Failure(
          "engine_rejected",
          `${wish.name} should have ${wish.bytes} bytes, its source offers ${total}: it is another file. Nothing was fetched.`,
        );
      await refuseFullDisk(dirname(wish.path), Math.max(0, (total ?? 0) - from), reserve);
      const etag = response.headers.get("etag");
      await writeFile(`${part}.etag`, etag && !etag.startsWith("W/") ? etag : "");
      await write(part, from, response, wish, alive, (done) => progress?.(done, total));
      const size = await sizeOf(part);
      if (total !== undefined && size < total)
        throw new Failure(
          "engine_unavailable",
          `The connection ended after ${gb(size)} of ${gb(total)}. Run the same command again: it goes on from there.`,
          { retryable: true },
        );
    }
    clearTimeout(timer);
    return await checked(part, wish, drop);
  } catch (error) {
    if (stall.signal.aborted)
      throw new Failure("timeout", `Nothing came for ${stallMs / 1000} s. Run the same command again: it goes on from where it was.`, {
        cause: error,
        retryable: true,
      });
    if (error instanceof Failure) {
      if (error.code === "unsupported_media") await drop();
      throw error;
    }
    if ((error as NodeJS.ErrnoException).code === "ENOSPC")
      throw new Failure("storage_full", "The disk is full. Make room and run the same command again.", { cause: error });
    throw new Failure(
      "engine_unavailable",
      `${new URL(wish.url).hostname} cannot be reached, or the connection broke. Run the same command again: it goes on from where it was.`,
      {
        cause: error,
        retryable: true,
      },
    );
  } finally {
    clearTimeout(timer);
  }
}

async function write(
  part: string,
  from: number,
  response: Response,
  wish: Wish,
  alive: () => void,
  done: (bytes: number) => void,
): Promise<void> {
  const file = await open(part, from > 0 ? "a" : "w");
  try {
    let [written, start] = [from, Buffer.alloc(0)];
    for await (const chunk of response.body ?? []) {
      alive();
      if (from === 0 && start.length < startBytes) {
        start = Buffer.concat([start, chunk]).subarray(0, startBytes);
        if (start.length === startBytes) refuseStart(wish.name, start);
      }
      await file.writeFile(chunk);
      written += chunk.length;
      if (wish.bytes !== undefined && written > wish.bytes)
        throw new Failure("unsupported_media", `${wish.name} is longer than its ${wish.bytes} bytes. Nothing was kept.`);
      done(written);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

async function checked(part: string, wish: Wish, drop: () => Promise<unknown>): Promise<Fetched> {
  const sha256 = await sha256Of(part);
  if (wish.sha256 !== undefined && sha256 !== wish.sha256) {
    await drop();
    throw new Failure(
      "engine_rejected",
      `${wish.name} is not the file that was expected: its SHA-256 is ${sha256}, expected ${wish.sha256}. It was removed. Try once more; if it stays so, its source has changed it.`,
    );
  }
  await refuseTruncated(part, wish.name);
  const bytes = await sizeOf(part);
  await rename(part, wish.path);
  await rm(`${part}.etag`, { force: true });
  return { sha256, bytes };
}
