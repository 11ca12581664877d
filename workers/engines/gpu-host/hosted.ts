/** One of gpu-host's engines, where it is there and can work; else what would bring it. */
import { Failure } from "../../../core/failure.ts";
import { problemsWith } from "./engine-status.ts";
import type { Known } from "./known.ts";
import { startFix } from "./wait.ts";
import type { HostEngine } from "./wire.ts";
import type { Words } from "./words.ts";

export interface Hosted {
  engine: HostEngine;
  /** Of gpu-host and the engine, for recipes. */
  version: string;
  /** False: as last seen. */
  live: boolean;
}

export const f5 = "f5-tts";
export const sadtalker = "sadtalker";
export const wav2lip = "wav2lip";

/** Whether it is listed and ready, as last seen. */
export function isReady(known: Known, id: string): boolean {
  return known.last?.engines.some((engine) => engine.id === id && problemsWith(engine).length === 0) ?? false;
}

/** Failure `engine_unavailable` that says how to get it. */
export async function hosted(known: Known, address: string, id: string, words: Words): Promise<Hosted> {
  const seen = await known.lately();
  if (!seen)
    throw new Failure(
      "engine_unavailable",
      `${words.the} is made by gpu-host, and ${address} does not answer. ${startFix(address)} Then ask again.`,
      {
        retryable: true,
      },
    );
  const engine = seen.engines.find((entry) => entry.id === id);
  if (!engine)
    throw new Failure(
      "engine_unavailable",
      `gpu-host at ${address} has no ${id}. Set it up in gpu-host.toml, or update gpu-host (workers/gpu-host/README.md), then ask again.`,
    );
  const problems = problemsWith(engine);
  if (problems.length > 0)
    throw new Failure(
      "engine_unavailable",
      `gpu-host at ${address} cannot ${words.verb}: ${[...new Set(problems)].join(" ")} Then ask again.`,
    );
  return { engine, live: seen.live, version: `${seen.version}, ${id} ${engine.version ?? "unknown"}` };
}

/** What is said where it is down now. */
export function downNotes({ live }: Hosted, address: string): string[] {
  return live ? [] : [`gpu-host at ${address} does not answer now; the work begins when it is back. ${startFix(address)}`];
}
