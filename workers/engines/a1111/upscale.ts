/** Enlarging with an ESRGAN-like model. It has no task id: who runs is told by what ran before, and where that is unsure nothing is interrupted. */
import { setTimeout as delay } from "node:timers/promises";
import sharp from "sharp";
import { Failure } from "../../../core/failure.ts";
import type { Run, UpscaleCapability } from "../../../core/ports/engine.ts";
import { upscaledName } from "../../../core/slug.ts";
import { type Patience, pause } from "../patience.ts";
import { notAPicture, sourcePicture } from "../source-picture.ts";
import type { Api } from "./api.ts";
import { checkSize } from "./check-drawn.ts";
import { interrupted, lostAgain, noPicture, workFailure } from "./failures.ts";
import { vramGb } from "./families.ts";
import { type Answer, Unreachable } from "./http.ts";
import type { Inventory } from "./inventory.ts";
import type { A1111Options } from "./options.ts";
import { pictureFrom } from "./pictures.ts";
import { untilFree } from "./task.ts";
import { createTracker } from "./tracker.ts";
import { patienceWith } from "./wait.ts";
import { enlarged } from "./wire.ts";

/** Better ones for photographs and paintings alike first; a 4x model can do 2 and 3 as well, the other way round looks soft. */
const preference = [/ultrasharp/i, /^(?!.*anime).*(r-esrgan|realesrgan).*4x/i, /^(?!.*anime).*(4x|x4)/i, /4x|x4/i, /./];

function usual(names: readonly string[]): string | undefined {
  for (const pattern of preference) {
    const found = names.find((name) => pattern.test(name));
    if (found) return found;
  }
  return undefined;
}

const none = () =>
  new Failure(
    "unknown_model",
    "A1111/Forge has no upscaler. Put one, such as RealESRGAN_x4plus.pth, into its models/ESRGAN folder and restart it.",
  );

/** A1111 rounds the result down to whole eights: filled up to them before, it can be cut to the exact size after. */
async function filledUp(bytes: Buffer, name: string): Promise<{ png: Buffer; width: number; height: number }> {
  try {
    const { data, info } = await sharp(bytes, { failOn: "error" })
      .autoOrient()
      .flatten({ background: "white" })
      .toColourspace("srgb")
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    const png = await sharp(data, { raw: { width, height, channels } })
      .extend({ right: (8 - (width % 8)) % 8, bottom: (8 - (height % 8)) % 8, extendWith: "copy" })
      .png({ compressionLevel: 3 })
      .toBuffer();
    return { png, width, height };
  } catch (error) {
    throw notAPicture(name, error);
  }
}

/** Undefined when the answer is lost. */
async function enlarge(api: Api, run: Run, patience: Patience, body: object): Promise<Answer | undefined> {
  const before = await patience.insist(() => api.state(run.signal));
  const hangUp = new AbortController();
  let over = false;
  const call = api
    .post("/sdapi/v1/extra-single-image", body, { signal: hangUp.signal })
    .then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    )
    .finally(() => {
      over = true;
    });
  // idle before, and what enlarges now began after: ours
  const isOurs = async () => {
    const now = await api.state();
    return before.job !== "extras" && now.job === "extras" && now.job_timestamp !== before.job_timestamp;
  };
  try {
    for (;;) {
      const ended = await Promise.race([call, pause(api.timings.poll, run.signal).catch(() => undefined)]);
      run.signal.throwIfAborted();
      if (ended && "answer" in ended) {
        const after = await api.state(run.signal).catch(() => undefined);
        // interrupted it answers with the picture as it was, only made larger
        if (ended.answer.status === 200 && after?.interrupted) throw interrupted();
        return ended.answer;
      }
      if (ended && !(ended.error instanceof Unreachable)) throw ended.error;
      if (ended) return undefined;
    }
  } catch (error) {
    for (const end = Date.now() + api.timings.confirm; !over && Date.now() < end; await Promise.race([call, delay(200)]))
      if (await isOurs().catch(() => false)) await api.post("/sdapi/v1/interrupt", {}, { timeout: 2_000 }).catch(() => undefined);
    if (!over) run.log.warn({}, "A1111/Forge did not confirm that a canceled enlargement stopped");
    throw run.signal.aborted ? run.signal.reason : error;
  } finally {
    hangUp.abort(new Error("the work is over for us"));
  }
}

export function createUpscale(api: Api, inventory: Inventory, options: A1111Options): UpscaleCapability {
  return {
    async plan() {
      const known = await inventory.known();
      const model = known ? usual(known.files.upscalers) : "default";
      if (model === undefined) throw none();
      return { family: "a1111-upscale", vramGb: vramGb["a1111-upscale"], model };
    },

    async upscale({ image, scale }, run: Run) {
      const { artifact: source, bytes } = await sourcePicture(run, image);
      const { png, width, height } = await filledUp(bytes, source.name);
      const tracker = createTracker(run, { from: 0, count: 1, of: 1 });
      const patience = patienceWith(api, options.waitMinutes, run, tracker.waiting);
      for (let post = 0; post < 3; post++) {
        const { upscalers } = await patience.insist(() => inventory.recent(() => post === 0));
        const model = usual(upscalers);
        if (model === undefined) throw none();
        await untilFree(api, run, tracker, patience);
        tracker.upscaling();
        const answer = await enlarge(api, run, patience, {
          ...{ image: png.toString("base64"), resize_mode: 0, upscaling_resize: scale, upscaler_1: model },
        });
        if (!answer) continue;
        if (answer.status !== 200) throw workFailure(answer, run.log);
        const made = enlarged.safeParse(answer.body).data;
        if (!made) throw noPicture("its answer is not one of A1111's");
        const picture = await pictureFrom(made.image);
        const full = { width: Math.ceil(width / 8) * 8 * scale, height: Math.ceil(height / 8) * 8 * scale };
        checkSize(picture, full);
        tracker.storing(0);
        await run.save({
          name: upscaledName(source.name, scale, "png"),
          mediaType: "image/png",
          body: await sharp(picture.bytes)
            .extract({ left: 0, top: 0, width: width * scale, height: height * scale })
            .png()
            .toBuffer(),
          recipe: {
            tool: run.job.tool,
            input: run.job.input,
            engine: { id: "a1111", version: api.version ?? "unknown" },
            preview: false,
            // enlarging invents nothing: a photo stays a photo
            generated: source.recipe?.generated ?? false,
            details: { model, scale, source: source.id, ...(source.recipe?.preview ? { source_preview: true } : {}) },
          },
        });
        return;
      }
      throw lostAgain();
    },
  };
}
