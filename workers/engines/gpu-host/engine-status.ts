/** What gpu-host says of itself, quickly: a face waits for this. */
import { Failure } from "../../../core/failure.ts";
import type { EngineStatus } from "../../../core/ports/engine.ts";
import type { Known, Seen } from "./known.ts";
import type { GpuHostOptions } from "./options.ts";
import { startFix } from "./wait.ts";

const gigabyte = 1024 ** 3;
const round = (bytes: number) => Math.round((bytes / gigabyte) * 10) / 10;

/** Why nothing can be trained, in gpu-host's own words; empty where something can. */
export function problemsOf({ trainer }: Pick<Seen, "trainer">): string[] {
  if (trainer.problems.length > 0) return [...trainer.problems, ...trainer.families.flatMap((family) => family.problems)];
  return trainer.ready ? [] : ["The trainer is not ready."];
}

function told(seen: Seen): Omit<EngineStatus, "id" | "title" | "url"> {
  const card = seen.gpu.cards[0];
  const trainer = seen.trainer.version ? ` (sd-scripts ${seen.trainer.version})` : "";
  const vram = card ? { vramTotalGb: round(card.vram_total), vramFreeGb: round(card.vram_free) } : {};
  const version = `${seen.version}${trainer}`;
  const problems = problemsOf(seen);
  if (problems.length === 0) return { state: "ready", version, ...vram };
  return {
    state: "down",
    version,
    ...vram,
    note: `answers, but cannot train: ${[...new Set(problems)].join(" ")}`,
    fix: "Mend that in gpu-host.toml and its folders (workers/gpu-host/README.md), then start gpu-host again.",
  };
}

export function createStatus(
  known: Known,
  address: string,
  options: Pick<GpuHostOptions, "configured" | "seen">,
): () => Promise<EngineStatus> {
  const base = { id: "gpu-host", title: "gpu-host (sd-scripts)", url: address };
  return async () => {
    try {
      return { ...base, ...told(await known.now()) };
    } catch (error) {
      const fix = startFix(address);
      if (!options.configured && !(await options.seen())) return { ...base, state: "absent", fix };
      return { ...base, state: "down", note: error instanceof Failure ? error.message : `${address} does not answer`, fix };
    }
  };
}
