/** One request at a time: GPT-SoVITS answers nobody while it speaks, and a second request would only wait inside it, where nothing can be seen or ended. */

export interface Turns {
  /** Waits for those before it, or for the abort; then works. */
  take<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
  readonly busy: boolean;
  /** Resolves when nobody is at work or waits. */
  idle(): Promise<void>;
}

/** The promise's end, or the signal's reason where that comes first; the work goes on then. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  let open = 0;
  return {
    get busy() {
      return open > 0;
    },
    async take(work, signal) {
      const before = last;
      let done = () => {};
      const mine = new Promise<void>((resolve) => {
        done = resolve;
      });
      last = before.then(() => mine);
      open++;
      try {
        await orAborted(before, signal);
        return await work();
      } finally {
        open--;
        done();
      }
    },
    async idle() {
      while (open > 0) await last;
    },
  };
}
