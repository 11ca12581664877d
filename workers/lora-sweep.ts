/** Keeps the LoRA folder as the record says: what is missing is placed again, what is nobody's is taken out. */
import type { Asset, LoraDetails } from "../core/asset.ts";
import { assetIdOf } from "../core/asset.ts";
import type { Log } from "../core/log.ts";
import type { AssetStore } from "../core/ports/asset-store.ts";
import type { FileStore } from "../core/ports/files.ts";
import type { ArtifactStore, JobStore } from "../core/ports/job-store.ts";
import type { LoraFolder } from "./lora-folder.ts";

export interface LoraSweepParts {
  folder: LoraFolder;
  assets: Pick<AssetStore, "everyLora">;
  artifacts: Pick<ArtifactStore, "get">;
  files: Pick<FileStore, "open">;
  jobs: Pick<JobStore, "open">;
  log: Log;
  now?: () => number;
}

export interface Swept {
  placed: number;
  removed: number;
  /** Why nothing was done. */
  problem?: string;
}

/** Milliseconds that a half-written file may lie: somebody may be writing it. */
const partMs = 24 * 3_600_000;

const isLora = (asset: Asset): asset is Asset & { details: LoraDetails } => asset.details.kind === "lora";

/** A file of an asset that is no more goes at once: it is placed only while its job is open or its row is there. */
export async function sweepLoras(parts: LoraSweepParts): Promise<Swept> {
  const { folder, log } = parts;
  // open jobs first: one that ends in between has its asset among those that are read after
  const record = async () => {
    const making = (await parts.jobs.open()).map((job) => assetIdOf(job.id));
    const loras = (await parts.assets.everyLora()).filter(isLora);
    const needed = new Set([...making, ...loras.map(({ id }) => id)]);
    return { loras, needs: (asset: string) => needed.has(asset) };
  };

  const { loras, needs } = await record();
  const problem = await folder.problem(needs);
  if (problem) return { placed: 0, removed: 0, problem };
  const ours = await folder.claim(needs);
  const there = await folder.placed();
  let placed = 0;
  for (const { id, principal, details } of loras) {
    try {
      const artifact = await parts.artifacts.get(principal, details.artifact);
      if (!artifact) continue;
      // a file of another length is not the one that was placed
      if (there.some((file) => file.asset === id && file.bytes === artifact.bytes)) continue;
      await folder.place(id, await parts.files.open(artifact.storageKey), details.sha256);
      placed++;
    } catch (error) {
      log.warn({ asset: id, err: error }, "a LoRA could not be placed; the next look tries again");
    }
  }

  // looked at anew: placing takes minutes. And each again right before it goes: a training may have begun anew
  let removed = 0;
  const before = (parts.now?.() ?? Date.now()) - partMs;
  const left = ours ? await folder.placed() : [];
  const later = left.length > 0 ? await record() : { needs };
  for (const { name, asset, modifiedAt } of left) {
    if (asset === undefined ? modifiedAt >= before : later.needs(asset) || (await record()).needs(asset)) continue;
    await folder.unplace(name);
    removed++;
  }
  if (placed + removed > 0) log.info({ placed, removed }, "the LoRA folder was put in order");
  return { placed, removed };
}

/** Looks now and every `ms`: in each process with a folder, for another one's is not reached from here. A problem is said once, not at every look. @returns how to end it. */
export function keepLoras(parts: LoraSweepParts, ms: number): () => void {
  let said: string | undefined;
  let looking = false;
  let ended = false;
  const look = async () => {
    if (looking) return;
    looking = true;
    try {
      const { problem } = await sweepLoras(parts);
      if (problem && problem !== said) parts.log.warn({ problem }, "the LoRA folder cannot be used");
      said = problem;
    } catch (error) {
      // what it works with is closed at an end
      if (!ended) parts.log.warn({ err: error }, "the LoRA folder was not put in order");
    } finally {
      looking = false;
    }
  };
  const clock = setInterval(look, ms);
  clock.unref();
  void look();
  return () => {
    ended = true;
    clearInterval(clock);
  };
}
