/** The LoRAs of a picture: a person's own ones first, by name or id, then those that the engine has by itself. */
import { isAssetFile, loraFile } from "../core/asset.ts";
import { Failure } from "../core/failure.ts";
import { isId } from "../core/ids.ts";
import type { LoraUse, Run } from "../core/ports/engine.ts";
import type { PrepareContext } from "../core/tool.ts";

type Named = { name: string; weight: number };

export interface WishedLora {
  use: LoraUse;
  /** How the resolved input names an own one: by its id where it is ready, by its name where it is promised. */
  own?: string;
  /** The job that will make it. */
  need?: string;
}

/** Never a name of the engine's: an id, or a file of somebody's asset. */
const oursAlone = (name: string) => isAssetFile(name) || isId("ast", name);

async function wished({ name, weight }: Named, context: PrepareContext, unknown: (failure: Failure) => void): Promise<WishedLora> {
  const found = await context.asset("lora", name).catch((error: unknown) => {
    if (!(error instanceof Failure) || error.code !== "unknown_asset" || oursAlone(name)) throw error;
    unknown(error);
  });
  if (!found) return { use: { name, weight } };
  if ("asset" in found) {
    const { id, name: title, details } = found.asset;
    if (details.kind !== "lora") throw new Failure("invalid_input", `${title} is no LoRA. list_assets shows yours.`);
    const { family, triggerWords } = details;
    return { use: { name: title, weight, own: { title, family, triggerWords } }, own: id };
  }
  const { promise, job } = found;
  if (promise.kind !== "lora") throw new Failure("invalid_input", `${promise.name} will be no LoRA. list_assets shows yours.`);
  const { name: title, family, triggerWords } = promise;
  return { use: { name: title, weight, own: { title, family, triggerWords } }, own: title, ...(job ? { need: job } : {}) };
}

/** Plans with the wished LoRAs. What neither the person nor the engine has is told with the names of both. */
export async function withLoras<T>(
  loras: readonly Named[],
  context: PrepareContext,
  plan: (uses: LoraUse[]) => Promise<T>,
): Promise<{ planned: T; wished: WishedLora[] }> {
  const unknown: Failure[] = [];
  const found: WishedLora[] = [];
  for (const lora of loras) found.push(await wished(lora, context, (failure) => unknown.push(failure)));
  try {
    return { planned: await plan(found.map(({ use }) => use)), wished: found };
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "unknown_lora" || !unknown[0]) throw error;
    throw new Failure("unknown_lora", `${error.message} ${unknown[0].message}`);
  }
}

/** What the engine is told when the job runs: the files of own LoRAs, which a needed job may have made meanwhile. */
export async function lorasAtRun(loras: readonly Named[], run: Run): Promise<LoraUse[]> {
  const uses: LoraUse[] = [];
  for (const { name, weight } of loras) {
    // only what was promised is named by words; any other name was found among the engine's files
    const mayBeOwn = isId("ast", name) || (run.job.needs?.length ?? 0) > 0;
    const asset = mayBeOwn
      ? await run.asset("lora", name).catch((error: unknown) => {
          if (error instanceof Failure && error.code === "unknown_asset" && !oursAlone(name)) return undefined;
          throw error;
        })
      : undefined;
    if (asset?.details.kind !== "lora") uses.push({ name, weight });
    else {
      const { family, triggerWords } = asset.details;
      uses.push({ name: loraFile(asset.id), weight, own: { title: asset.name, family, triggerWords } });
    }
  }
  return uses;
}
