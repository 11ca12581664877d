/** What gpu-host says of itself, quickly: a face waits for this. */
import { Failure } from "../../../core/failure.ts";
import type { EngineStatus } from "../../../core/ports/engine.ts";
import { type Known, type Seen, trainerId } from "./known.ts";
import type { GpuHostOptions } from "./options.ts";
import { startFix } from "./wait.ts";
import type { HostEngine } from "./wire.ts";

const gigabyte = 1024 ** 3;
const round = (bytes: number) => Math.round((bytes / gigabyte) * 10) / 10;

/** In its own words; empty where it can work. */
export function problemsWith({ problems, ready, title }: HostEngine): string[] {
  return problems.length > 0 || ready ? problems : [`${title} is not ready.`];
}

/** Why nothing can be trained, in gpu-host's own words; empty where something can. */
export function problemsOf({ trainer }: Pick<Seen, "trainer">): string[] {
  if (trainer.problems.length > 0) return [...trainer.problems, ...trainer.families.flatMap((family) => family.problems)];
  return trainer.ready ? [] : ["The trainer is not ready."];
}

const does: Record<string, string> = {
  "sd-scripts": "train",
  "f5-tts": "speak",
  sadtalker: "make pictures speak",
  wav2lip: "move lips in videos",
};

/** Sentences on what is listed and cannot work; what is left out on purpose is not listed. */
function lacks(seen: Seen): string[] {
  return seen.engines.flatMap((engine) => {
    const problems = engine.id === trainerId ? problemsOf(seen) : problemsWith(engine);
    return problems.length === 0 ? [] : [`It cannot ${does[engine.id] ?? `run ${engine.title}`}: ${[...new Set(problems)].join(" ")}`];
  });
}

function told(seen: Seen): Omit<EngineStatus, "id" | "title" | "url"> {
  const card = seen.gpu.cards[0];
  const lacking = lacks(seen);
  const named = seen.engines.filter(({ ready, version }) => ready && version).map(({ id, version }) => `${id} ${version}`);
  const version = `${seen.version}${named.length > 0 ? ` (${named.join(", ")})` : ""}`;
  const vram = card ? { vramTotalGb: round(card.vram_total), vramFreeGb: round(card.vram_free) } : {};
  if (lacking.length === 0) return { state: "ready", version, ...vram };
  // what somebody does not want is no fault of what works
  if (lacking.length < seen.engines.length) return { state: "ready", version, ...vram, note: lacking.join(" ") };
  const fix = "Mend that in gpu-host.toml and its folders (workers/gpu-host/README.md), then start gpu-host again.";
  return { state: "down", version, ...vram, note: `It answers, and nothing in it works. ${lacking.join(" ")}`, fix };
}

export function createStatus(
  known: Known,
  address: string,
  options: Pick<GpuHostOptions, "configured" | "seen">,
): () => Promise<EngineStatus> {
  const base = { id: "gpu-host", title: "gpu-host", url: address };
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
