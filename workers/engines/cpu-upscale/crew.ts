/** Threads that enlarge tiles: started when there is work, ended when idle, so that a studio that upscales nothing holds none of the memory. */
import type { Worker } from "node:worker_threads";
import { Failure } from "../../../core/failure.ts";
import type { Log } from "../../../core/log.ts";
import { startThread } from "../start-thread.ts";
import type { TileAnswer, TileTask } from "./thread.ts";

interface Order {
  task: TileTask;
  resolve(pixels: Uint8Array): void;
  reject(error: unknown): void;
}

interface Seat {
  worker: Worker;
  order?: Order | undefined;
}

export interface Crew {
  /** Takes `task.pixels` over. An abort ends the thread at once: a tile cannot be interrupted otherwise. Rejects with the signal's reason. */
  enlarge(task: TileTask, signal: AbortSignal): Promise<Uint8Array>;
  /** Threads that exist now. */
  size(): number;
  close(): Promise<void>;
}

const again = "Retry the job; if it stays, use a smaller scale or picture.";

function failure(text: string): Failure {
  return /OUT_OF_MEMORY|out of memory|\bOOM\b|memory access|Cannot enlarge memory/i.test(text)
    ? new Failure(
        "out_of_memory",
        `The computer ran out of memory while upscaling. Close other programs, or use a smaller scale, then retry.`,
      )
    : new Failure("engine_failed", `The upscaler on the CPU stopped. ${again}`, { retryable: true });
}

export function createCrew(options: { threads: number; idleMs: number; log: Log }): Crew {
  const { idleMs, log } = options;
  const seats = new Set<Seat>();
  const queue: Order[] = [];
  let idle: NodeJS.Timeout | undefined;

  const dismiss = (seat: Seat): Promise<unknown> => {
    seats.delete(seat);
    return seat.worker.terminate();
  };

  const close = async (): Promise<void> => {
    clearTimeout(idle);
    const stopped = new Failure("canceled", "The server is stopping.");
    for (const order of [...queue.splice(0), ...[...seats].flatMap((seat) => seat.order ?? [])]) order.reject(stopped);
    const threads = seats.size;
    await Promise.all([...seats].map(dismiss));
    if (threads > 0) log.debug({ threads }, "upscaler threads ended");
  };

  const hire = (): Seat => {
    const seat: Seat = { worker: startThread(new URL("./thread.ts", import.meta.url)) };
    const lose = (text: string): void => {
      if (!seats.delete(seat)) return;
      log.error({ error: text }, "an upscaler thread ended");
      seat.order?.reject(failure(text));
      void seat.worker.terminate();
      pump();
    };
    seat.worker.on("message", (answer: TileAnswer) => {
      const { order } = seat;
      seat.order = undefined;
      if ("pixels" in answer) order?.resolve(answer.pixels);
      else {
        log.error({ error: answer.error }, "a tile could not be upscaled");
        order?.reject(failure(answer.error));
      }
      pump();
    });
    seat.worker.on("error", (error: NodeJS.ErrnoException) => lose(`${error.code ?? ""} ${error.stack ?? error}`));
    seat.worker.on("exit", (code) => lose(`exit code ${code}`));
    seats.add(seat);
    return seat;
  };

  function pump(): void {
    clearTimeout(idle);
    while (queue.length > 0) {
      const seat = [...seats].find((entry) => !entry.order) ?? (seats.size < options.threads ? hire() : undefined);
      const order = seat && queue.shift();
      if (!order) break;
      seat.order = order;
      seat.worker.ref();
      seat.worker.postMessage(order.task, [order.task.pixels.buffer]);
    }
    // an idle thread must not keep a finished process alive
    for (const seat of seats) if (!seat.order) seat.worker.unref();
    if (seats.size > 0 && [...seats].every((seat) => !seat.order)) idle = setTimeout(() => void close(), idleMs).unref();
  }

  return {
    enlarge(task, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const done = () => signal.removeEventListener("abort", abort);
        const order: Order = {
          task,
          resolve(pixels) {
            done();
            resolve(pixels);
          },
          reject(error) {
            done();
            reject(error);
          },
        };
        const abort = (): void => {
          const waiting = queue.indexOf(order);
          if (waiting >= 0) queue.splice(waiting, 1);
          const seat = [...seats].find((entry) => entry.order === order);
          if (seat) void dismiss(seat);
          order.reject(signal.reason);
          pump();
        };
        signal.addEventListener("abort", abort);
        queue.push(order);
        pump();
      });
    },
    size: () => seats.size,
    close,
  };
}
