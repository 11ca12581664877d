/** A process that reads indexes, one at a time: from `dist` as it is, and from source through tsx. */
import { fork } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { MediaFacts, MediaSource } from "../../../core/ports/media.ts";
import { brokenFile } from "../kinds.ts";
import type { FromChild, ToChild } from "./child.ts";

export interface ReaderLimits {
  /** Milliseconds for one file. */
  ms: number;
  /** Bytes of one piece: the index of a film of many hours has a tenth of that. */
  piece: number;
  /** Bytes in all, beside as many as the file has. */
  bytes: number;
  /** Megabytes of the process's heap. */
  memoryMb: number;
}

/** It was killed from outside: by whoever wanted memory, and as a rule no fault of the file. */
export class ReaderKilled extends Error {}

export interface Reader {
  readonly alive: boolean;
  readonly pid: number | undefined;
  /** Failure `unsupported_media`, `ReaderKilled`, and what the source throws; after any of them it is to be ended. */
  read(source: MediaSource): Promise<MediaFacts>;
  end(): void;
}

export const endless = (cause?: unknown) => brokenFile("its index is far too large or leads to no end", cause);

function start(memoryMb: number) {
  const source = import.meta.url.endsWith(".ts");
  const entry = fileURLToPath(new URL("./child.ts", import.meta.url));
  const loader = source ? ["--import", pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href] : [];
  return fork(source ? entry : entry.replace(/\.ts$/, ".js"), [], {
    execArgv: [`--max-old-space-size=${memoryMb}`, ...loader],
    // a file from anywhere is read in it: it gets no secret to tell
    env: {},
    // what V8 prints when memory runs out helps nobody
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    serialization: "advanced",
  });
}

export function startReader({ ms, piece, bytes, memoryMb }: ReaderLimits): Reader {
  const child = start(memoryMb);
  let alive = true;
  let file = 0;
  let hear: (message: FromChild) => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const gone = (error: unknown) => {
    alive = false;
    fail(error);
  };
  child.on("message", (message: FromChild) => message.file === file && hear(message));
  child.on("error", gone);
  // by itself, as a rule, because there was no memory left: V8 does not end a process by SIGKILL
  child.on("exit", (code, signal) => gone(signal === "SIGKILL" ? new ReaderKilled() : endless(`ended with ${code ?? signal}`)));
  // one that is gone hears nothing: that it went is told by `exit`
  const tell = (message: ToChild) => void child.send(message, () => undefined);
  /** Between two files it keeps nobody from ending. */
  const hold = (on: boolean) => {
    child[on ? "ref" : "unref"]();
    child.channel?.[on ? "ref" : "unref"]();
  };
  return {
    get alive() {
      return alive;
    },
    pid: child.pid,
    async read(source) {
      let left = source.bytes + bytes;
      let timer: NodeJS.Timeout | undefined;
      const answer = async ({ read, from, to }: { read: number; from: number; to: number }) => {
        left -= to - from;
        if (to - from > piece || left < 0) throw endless();
        tell({ read, piece: await source.read(from, to) });
      };
      hold(true);
      try {
        return await new Promise<MediaFacts>((resolve, reject) => {
          timer = setTimeout(() => reject(endless()), ms);
          fail = reject;
          hear = (message) => {
            if ("read" in message) answer(message).catch(reject);
            else if ("facts" in message) resolve(message.facts);
            else reject(brokenFile("its index cannot be read", message.error));
          };
          tell({ file: ++file, bytes: source.bytes, ms });
        });
      } finally {
        clearTimeout(timer);
        hear = () => undefined;
        hold(false);
      }
    },
    end() {
      alive = false;
      child.kill("SIGKILL");
    },
  };
}
