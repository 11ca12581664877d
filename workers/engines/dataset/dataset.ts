/** Photos into a dataset for a training, on the processor: checked, cropped, freed of metadata, captioned. */
import { tmpdir } from "node:os";
import type { DatasetCapability, Engine } from "../../../core/ports/engine.ts";
import { type MakeParts, makeDataset, version } from "./make.ts";
import { countPictures } from "./plan.ts";

export interface DatasetOptions {
  /** Folder for archives while they are read; they have no name there. Default: the system's own. */
  scratch?: string;
  /** Looks for a vision model when captions are to be written; without one, or where it finds none, they are the person's words. */
  captioner?: MakeParts["findCaptioner"];
}

export function createDataset(options: DatasetOptions = {}): Engine & { dataset: DatasetCapability } {
  const named = { id: "dataset", title: "Photos" };
  const parts: MakeParts = {
    findCaptioner: options.captioner ?? (async () => undefined),
    scratch: options.scratch ?? tmpdir(),
  };
  return {
    ...named,
    gpu: false,
    families: ["dataset"],
    status: async () => ({ ...named, state: "ready", version }),
    models: async () => ({ engine: named.title, checkpoints: [], loras: [], upscalers: [] }),
    dataset: {
      async plan(request, sources) {
        return { family: "dataset", vramGb: 0, pictures: countPictures(request, sources) };
      },
      make: (request, run) => makeDataset(request, parts, run),
    },
  };
}
