/** Datasets and LoRAs for tests of tools, and a studio that answers for them from memory. */
import { type Asset, assetIdOf } from "../../core/asset.ts";
import { createAssets } from "../../core/assets.ts";
import { newId } from "../../core/ids.ts";
import { silentLog } from "../../core/log.ts";
import { localPrincipal, type Principal } from "../../core/principal.ts";
import type { Studio } from "../../core/studio.ts";
import { memoryAssets, testAsset } from "../../core/testing/memory-assets.ts";
import type { Answer, AnswerContext, AnswerTool } from "../../core/tool.ts";

export function aDataset(name: string, pictures = 12, more: Partial<Asset> = {}): Asset {
  const picture = (number: number) => ({
    ...{ number, artifact: newId("art"), sha256: "0".repeat(64), width: 512, height: 512, caption: `dog ${number}` },
  });
  return testAsset(
    { kind: "dataset", name, pictures },
    {
      job: newId("job"),
      details: {
        kind: "dataset",
        pictures: Array.from({ length: pictures }, (_, at) => picture(at + 1)),
        captionedBy: "words",
        warnings: [],
      },
      ...more,
    },
  );
}

export function aLora(name: string, more: Partial<Asset> & { family?: string; triggerWords?: string[] } = {}): Asset {
  const { family = "sd15", triggerWords = ["bsct dog"], ...rest } = more;
  const job = newId("job");
  return testAsset({ kind: "lora", name, family, triggerWords }, { job, id: assetIdOf(job), ...rest });
}

export interface AssetAnswers {
  rows: Asset[];
  studio: Pick<Studio, "assets">;
  ask(tool: AnswerTool, input: object, who?: Principal): Promise<Answer>;
}

/** @param more of the studio, for tools that ask for more than assets. */
export function answering(given: readonly Asset[], more: Partial<Studio> = {}): AssetAnswers {
  const store = memoryAssets(given);
  const studio = { ...more, assets: createAssets({ assets: store, log: silentLog }) };
  return {
    rows: store.rows,
    studio,
    ask: (tool, input, principal = localPrincipal) =>
      tool.answer(tool.input.parse(input), {
        studio,
        principal,
        signal: new AbortController().signal,
        progress() {},
      } as unknown as AnswerContext),
  };
}
