/** Whether this process can do its work, asked with patience: for the way in and for those that watch. */
import { Failure, type FailureView } from "../core/failure.ts";

/** Milliseconds. */
const patience = 5000;

/** Seconds after which asking again is worth it, as `Retry-After` says it. */
export const askAgainSeconds = "5";

async function atMost(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Failure("timeout", `No answer within ${ms / 1000} s.`, { retryable: true })), ms);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Why it cannot, in words that give nothing away; undefined where it can. @param tell is given what lies behind them. */
export async function whyNotReady(
  ready: () => Promise<void>,
  tell: (error: unknown) => void,
  ms = patience,
): Promise<FailureView | undefined> {
  try {
    await atMost(ms, ready());
    return undefined;
  } catch (error) {
    tell(error);
    return error instanceof Failure ? error.view() : new Failure("internal", "Not ready; the server log has the reason.").view();
  }
}
