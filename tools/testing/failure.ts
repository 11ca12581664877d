/** The Failure that a piece of work ends with; an error of its own where it does not fail. */
import { Failure } from "../../core/failure.ts";

export async function failure(work: () => unknown): Promise<Failure> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("no failure");
}
