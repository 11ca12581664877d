/** Text to picture and picture to picture. */
import { Failure } from "../../../core/failure.ts";
import type { ImageCapability, RenderRequest, RenderWish, Run } from "../../../core/ports/engine.ts";
import { sizeFor } from "../../../core/sizes.ts";
import { artifactName } from "../../../core/slug.ts";
import { findFile } from "../model-names.ts";
import type { Api } from "./api.ts";
import type { Orphans } from "./cancel.ts";
import type { Card } from "./card.ts";
import { checkDrawn, checkSize } from "./check-drawn.ts";
import { endEarlier } from "./earlier.ts";
import { noPicture } from "./failures.ts";
import { presetFor, queueFamily, vramGb } from "./families.ts";
import type { Files, Inventory } from "./inventory.ts";
import { untilPlaced } from "./loras.ts";
import type { A1111Options } from "./options.ts";
import { overridesFor } from "./overrides.ts";
import { pictureFrom } from "./pictures.ts";
import { literally, promptText } from "./prompt-text.ts";
import { samplingFor } from "./samplers.ts";
import { choose } from "./selection.ts";
import { sourceFor } from "./source.ts";
import { drawTask, taskBase } from "./task.ts";
import { createTracker } from "./tracker.ts";
import { withTriggers } from "./triggers.ts";
import { patienceWith } from "./wait.ts";

const most = 2 ** 53;

/** Picture i of a series; past the largest exact integer it starts again at 0. A1111 counts on by itself, but not around that corner. */
function series(seed: number, count: number): { seed: number; count: number; from: number }[] {
  const before = Math.min(count, most - seed);
  return [{ seed, count: before, from: 0 }, ...(before < count ? [{ seed: 0, count: count - before, from: before }] : [])];
}

const missing = (error: unknown) => error instanceof Failure && (error.code === "unknown_model" || error.code === "unknown_lora");

export function createImage(api: Api, card: Card, orphans: Orphans, inventory: Inventory, options: A1111Options): ImageCapability {
  /** A file that came since it last read its folders is there when it is told to look. */
  async function chosen(files: Files, wish: Pick<RenderWish, "model" | "loras">) {
    try {
      return choose(inventory, files, options, wish);
    } catch (error) {
      if (!missing(error)) throw error;
      await inventory.now("checkpoints");
      return choose(inventory, await inventory.now("loras"), options, wish);
    }
  }

  /** Any other name may mean a file that came since. */
  const exactly =
    (request: RenderRequest) =>
    ({ checkpoints, loras, placed }: Files): boolean =>
      checkpoints.includes(request.model) &&
      request.loras.every(({ name, own }) => (own ? findFile(name, placed) !== undefined : loras.includes(name)));

  return {
    async plan(wish: RenderWish) {
      const known = await inventory.known();
      const { model, family, loras, triggers } = known?.live
        ? await chosen(known.files, wish)
        : choose(inventory, known?.files, options, wish);
      const [width, height] =
        wish.width !== undefined && wish.height !== undefined ? [wish.width, wish.height] : sizeFor(family, wish.aspect ?? "square");
      const request: RenderRequest = {
        prompt: withTriggers(wish.prompt, triggers),
        negativePrompt: wish.negativePrompt,
        ...{ width, height, count: wish.count, seed: wish.seed, steps: wish.steps ?? presetFor(model, family).steps, model, loras },
        ...(wish.init ? { init: wish.init } : {}),
      };
      const queue = queueFamily(family);
      return { request, family: queue, vramGb: vramGb[queue] };
    },

    async render(request: RenderRequest, run: Run) {
      run.signal.throwIfAborted();
      const { width, height, count, steps, init } = request;
      const lots = series(request.seed, count);
      const trackers = lots.map((lot) => createTracker(run, { ...lot, of: count }));
      let tracker = trackers[0] as (typeof trackers)[number];
      const patience = patienceWith(api, options.waitMinutes, run, (note) => tracker.waiting(note));
      await endEarlier(api, run, patience, tracker.waiting);

      const look = request.loras.length > 0 ? () => inventory.now("loras") : () => inventory.recent(exactly(request));
      // named while A1111 was down, or removed since
      const files = await patience.insist(async () =>
        untilPlaced(inventory, await look(), request, { ...options, timings: api.timings }, run),
      );
      const { model, family, loras, triggers } = await patience.insist(() => chosen(files, request));
      const { sampler, scheduler, cfg, ...preset } = presetFor(model, family);
      const sampling = await patience.insist(() => samplingFor(api, { ...preset, cfg, sampler, scheduler }));
      const settings = await patience.insist(() => api.settings());
      const source = init && (await sourceFor(run, init.image, { width, height }));
      await card.needed(patience, run.signal);

      const body = {
        prompt: promptText(withTriggers(request.prompt, triggers), loras),
        negative_prompt: literally(request.negativePrompt),
        ...{ width, height, steps, cfg_scale: cfg, ...sampling },
        ...{ batch_size: 1, send_images: true, save_images: false, restore_faces: false, tiling: false, styles: [], subseed_strength: 0 },
        ...{ override_settings: overridesFor(model, settings), override_settings_restore_afterwards: true },
        ...(init && source ? { init_images: [source.toString("base64")], denoising_strength: init.strength, resize_mode: 0 } : {}),
      };
      const base = taskBase(run);
      for (const [at, lot] of lots.entries()) {
        tracker = trackers[at] ?? tracker;
        const { images, info } = await drawTask(`${base}${at === 0 ? "" : "b"}`, {
          ...{ api, run, tracker, patience, orphans, route: init ? "img2img" : "txt2img" },
          body: { ...body, seed: lot.seed, n_iter: lot.count },
        });
        await checkDrawn(api, info, { model, loras, settings }, request.loras);
        if (images.length < lot.count) throw noPicture(`it gave ${images.length} of ${lot.count} pictures`);
        for (let index = 0; index < lot.count; index++) {
          const picture = await pictureFrom(images[index] ?? "");
          checkSize(picture, request);
          tracker.storing(index);
          const seed = lot.seed + index;
          await run.save({
            name: artifactName(
              request.prompt,
              seed,
              picture.mediaType === "image/jpeg" ? "jpg" : (picture.mediaType.split("/")[1] ?? "png"),
            ),
            mediaType: picture.mediaType,
            body: picture.bytes,
            recipe: {
              tool: run.job.tool,
              // this picture alone
              input: { ...run.job.input, count: 1, seed },
              engine: { id: "a1111", version: api.version ?? "unknown" },
              preview: false,
              generated: true,
              details: {
                ...{ model, family, trigger_words: triggers, sampler: sampling.sampler_name, cfg, steps },
                ...(sampling.scheduler ? { scheduler: sampling.scheduler } : {}),
                ...(info.sd_model_hash ? { model_hash: info.sd_model_hash } : {}),
                loras: loras.map(({ name, weight }, which) => ({ name: request.loras[which]?.own?.title ?? name, weight })),
              },
            },
          });
        }
      }
    },
  };
}
