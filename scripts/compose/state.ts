/** `compose/.state`: what was made when, what is being changed, and with which images the data were last used. Holds no secret. */
import { join } from "node:path";
import { z } from "zod";
import { json } from "./run.ts";
import { replaceFile, textOf } from "./write.ts";

const stateSchema = z.object({
  /** Secret → when it was made (ISO). */
  made: z.record(z.string(), z.string()).default({}),
  /** Secrets whose files are being replaced: what is derived from them is to be made again. */
  rotating: z.array(z.string()).default([]),
  /** Service → image. */
  images: z.record(z.string(), z.string()).default({}),
});

export type State = z.output<typeof stateSchema>;

const path = (folder: string) => join(folder, ".state");

/** What cannot be read counts as nothing known. */
export async function readState(folder: string): Promise<State> {
  const parsed = stateSchema.safeParse(json((await textOf(path(folder)).catch(() => undefined)) ?? ""));
  return parsed.success ? parsed.data : stateSchema.parse({});
}

export const writeState = (folder: string, state: State): Promise<void> =>
  replaceFile(path(folder), `${JSON.stringify(state, null, 2)}\n`, 0o644);
