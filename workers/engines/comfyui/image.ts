/** Text to picture and picture to picture. */
import { Failure } from "../../../core/failure.ts";
import type { ImageCapability, RenderRequest, RenderWish, Run } from "../../../core/ports/engine.ts";
import { sizeFor } from "../../../core/sizes.ts";
import { artifactName } from "../../../core/slug.ts";
import { findFile } from "../model-names.ts";
import type { Api } from "./api.ts";
import type { Connection } from "./connection.ts";
import { presetFor, queueFamily } from "./families.ts";
import { pictureGraph } from "./graph.ts";
import type { Files, Inventory } from "./inventory.ts";
import { untilPlaced } from "./loras.ts";
import type { ComfyuiOptions } from "./options.ts";
import { makePictures } from "./pictures.ts";
import { type Chosen, choose } from "./selection.ts";
import { vramGb } from "./templates.ts";
import { withTriggers } from "./triggers.ts";
import { uploadPicture } from "./upload.ts";

/** Picture i of a series; past the largest exact integer it starts again at 0. */
const seedOf = (seed: number, index: number) => Number((BigInt(seed) + BigInt(index)) % BigInt(2 ** 53));

export function createImage(api: Api, connection: Connection, inventory: Inventory, options: ComfyuiOptions): ImageCapability {
  return {
    async plan(wish: RenderWish) {
      const known = await inventory.known();
      const chosen = await choose(inventory, known?.files, options, wish);
      const [width, height] =
        wish.width !== undefined && wish.height !== undefined ? [wish.width, wish.height] : sizeFor(chosen.family, wish.aspect ?? "square");
      const request: RenderRequest = {
        prompt: withTriggers(wish.prompt, chosen.triggers),
        negativePrompt: wish.negativePrompt,
        width,
        height,
        count: wish.count,
        seed: wish.seed,
        steps: wish.steps ?? presetFor(chosen.model, chosen.family).steps,
        model: chosen.model,
        loras: chosen.loras,
        ...(wish.init ? { init: wish.init } : {}),
      };
      const family = queueFamily(chosen.family);
      return { request, family, vramGb: vramGb[family] };
    },

    async render(request: RenderRequest, run: Run) {
      let chosen: Chosen | undefined;
      let engineVersion = "";
      const { init } = request;
      // any other name may mean a file that came since
      const exact = ({ checkpoints, loras, placed }: Files) =>
        checkpoints.includes(request.model) &&
        request.loras.every(({ name, own }) => (own ? findFile(name, placed) !== undefined : loras.includes(name)));
      await makePictures(api, connection, options.waitMinutes, run, {
        count: request.count,
        async prepare(refused) {
          // named while ComfyUI was down, or removed since
          const [seen, version] = await Promise.all([refused ? inventory.now() : inventory.recent(exact), connection.version()]);
          const files = await untilPlaced(inventory, seen, request, { ...options, timings: api.timings }, run);
          chosen = await choose(inventory, files, options, request);
          engineVersion = version;
        },
        ...(init ? { upload: () => uploadPicture(api, run, init.image) } : {}),
        graph(index, promptId, uploaded) {
          const { model, loras, family, triggers } = ready(chosen);
          const preset = presetFor(model, family);
          return pictureGraph(
            {
              model,
              prompt: withTriggers(request.prompt, triggers),
              negativePrompt: request.negativePrompt,
              seed: seedOf(request.seed, index),
              steps: request.steps,
              cfg: preset.cfg,
              sampler: preset.sampler,
              scheduler: preset.scheduler,
              width: request.width,
              height: request.height,
              prefix: `msb/${promptId}/image`,
            },
            loras,
            init && { image: uploaded, strength: init.strength },
          );
        },
        async save(index, { mediaType, body }) {
          const { model, family, triggers, ...used } = ready(chosen);
          const loras = used.loras.map(({ name, weight }, at) => ({ name: request.loras[at]?.own?.title ?? name, weight }));
          const { cfg, sampler, scheduler } = presetFor(model, family);
          const seed = seedOf(request.seed, index);
          const ending = mediaType.split("/")[1] ?? "png";
          await run.save({
            name: artifactName(request.prompt, seed, ending === "jpeg" ? "jpg" : ending),
            mediaType,
            body,
            recipe: {
              tool: run.job.tool,
              // this picture alone
              input: { ...run.job.input, count: 1, seed },
              engine: { id: "comfyui", version: engineVersion },
              preview: false,
              generated: true,
              details: { model, family, loras, trigger_words: triggers, sampler, scheduler, cfg, steps: request.steps },
            },
          });
        },
      });
    },
  };
}

function ready(chosen: Chosen | undefined): Chosen {
  if (!chosen) throw new Failure("internal", "A picture was drawn before its model was chosen. Report this.");
  return chosen;
}
