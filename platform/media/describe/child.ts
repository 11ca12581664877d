/** Entry of a process that reads the indexes of files: what a hostile one makes of the parser, it makes in here. A thread would take the server down with it when memory runs out. */
import { Worker } from "node:worker_threads";
import { CustomSource, FLAC, Input, MP3, MP4, OGG, QTFF, WAVE, WEBM } from "mediabunny";
import type { MediaFacts } from "../../../core/ports/media.ts";

/** What it asks for and answers; `file` is the number of the one that it was given. */
export type FromChild = { file: number } & ({ read: number; from: number; to: number } | { facts: MediaFacts } | { error: string });
/** The next file, or bytes that were asked for. */
export type ToChild = { file: number; bytes: number; ms: number } | { read: number; piece: Uint8Array };

const waiting = new Map<number, (piece: Uint8Array) => void>();
let reads = 0;

function say(message: FromChild): void {
  process.send?.(message);
}

async function factsOf(file: number, bytes: number): Promise<MediaFacts> {
  const read = (from: number, to: number) => {
    const number = ++reads;
    say({ file, read: number, from, to });
    return new Promise<Uint8Array>((resolve) => waiting.set(number, resolve));
  };
  const source = new CustomSource({ getSize: () => bytes, read, prefetchProfile: "network" });
  const input = new Input({ formats: [MP4, QTFF, WEBM, WAVE, MP3, OGG, FLAC], source });
  try {
    const video = await input.getPrimaryVideoTrack();
    const audio = await input.getPrimaryAudioTrack();
    if (!video && !audio) return {};
    const seconds = (await input.getDurationFromMetadata()) ?? (await input.computeDuration());
    return {
      seconds,
      ...(video ? { width: await video.getDisplayWidth(), height: await video.getDisplayHeight(), sound: audio !== null } : {}),
    };
  } finally {
    input.dispose();
  }
}

// the server ends this in time, unless it died itself; a timer of this thread would not fire while the parser runs in circles
const guard = new Worker(
  `let timer;
   require("node:worker_threads").parentPort.on("message", (ms) => {
     clearTimeout(timer);
     timer = ms && setTimeout(() => process.kill(process.pid, "SIGKILL"), ms);
   });`,
  { eval: true },
);
guard.unref();

process.on("message", (message: ToChild) => {
  if ("read" in message) {
    waiting.get(message.read)?.(message.piece);
    waiting.delete(message.read);
    return;
  }
  const { file, bytes, ms } = message;
  guard.postMessage(ms + 1000);
  factsOf(file, bytes)
    .then(
      (facts) => say({ file, facts }),
      (error: unknown) => say({ file, error: String(error) }),
    )
    .finally(() => {
      guard.postMessage(0);
      waiting.clear();
    });
});
