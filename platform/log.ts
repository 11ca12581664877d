/** Logs as JSON lines on stderr, so that stdout stays what a command prints for people and programs. */
import { destination, pino, stdSerializers } from "pino";
import type { Log } from "../core/log.ts";

/** What must never be in a log, wherever it turns up. */
const secret = ["password", "token", "key", "authorization", "secretKey", "apiKey", "headers.authorization", "headers.cookie"];

/** `postgres://user:password@host` in an error's text. */
function withoutPasswords(text: string): string {
  return text.replace(/(\w+:\/\/[^\s:/@]*):[^\s/@]+@/g, "$1:***@");
}

function plainError(error: Error) {
  const { message, stack, ...rest } = stdSerializers.err(error);
  return { ...rest, message: withoutPasswords(message), stack: withoutPasswords(stack ?? "") };
}

/** Bytes of log that are kept for later while they cannot be written. */
const mostHeld = 1_000_000;

/** The log often lies on the same disk as everything else: when that is full, what cannot be logged is lost, and the studio goes on. */
function toDescriptor(fd: number) {
  const stream = destination({ fd, sync: true, maxLength: mostHeld });
  stream.on("error", () => undefined);
  // past the limit it would not even try any more
  stream.on("drop", () => {
    try {
      stream.flushSync();
    } catch {
      // still full
    }
  });
  return stream;
}

/** @param fd file descriptor; 2 = stderr. */
export function createLog(level: "silent" | "error" | "warn" | "info" | "debug" | "trace", fd = 2): Log {
  return pino(
    {
      level,
      base: { pid: process.pid },
      redact: { paths: secret.flatMap((name) => [name, `*.${name}`]), censor: "***" },
      serializers: { err: plainError },
    },
    toDescriptor(fd),
  );
}
