/** What every engine that draws must hold, whatever is behind it. Run by `image-contract.test.ts`, on the fake of each program. */
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { failureOf, type ImageRig, inTheMiddle, long, pixels, rigFrom, run, until, wish } from "./image-contract-rig.ts";

export function imageContract(name: string, setup: () => Promise<ImageRig>): void {
  const rigOf = () => rigFrom(setup);

  describe(`${name} draws`, () => {
    it("from a plan that fills every choice, and is the same again under itself", async () => {
      const { engine } = await rigOf();
      for (const asked of [wish(), wish({ aspect: "wide", count: 2 }), wish({ width: 320, height: 448, steps: 7 })]) {
        const plan = await engine.image.plan(asked);
        expect(engine.families).toContain(plan.family);
        expect(plan.vramGb).toBeGreaterThanOrEqual(0);
        expect(Object.values(plan.request)).not.toContain(undefined);
        for (const side of [plan.request.width, plan.request.height]) expect(side % 8).toBe(0);
        const { prompt, negativePrompt, count, seed } = asked;
        expect(plan.request).toMatchObject({ prompt, negativePrompt, count, seed });
        expect(await engine.image.plan(plan.request)).toEqual(plan);
      }
    });

    it("with no name that it does not know, and says which it knows", async () => {
      const { engine, model } = await rigOf();
      const unknown = await failureOf(engine.image.plan(wish({ model: "no-such-model" })));
      expect(unknown).toMatchObject({ code: "unknown_model", retryable: false });
      expect(unknown.message).toContain("no-such-model");
      expect(unknown.message).toContain(model);
      const lora = await failureOf(engine.image.plan(wish({ loras: [{ name: "no-such-lora", weight: 1 }] })));
      expect(lora).toMatchObject({ code: "unknown_lora", retryable: false });
      expect(lora.message).toContain("no-such-lora");
    });

    it("the same picture from the same seed, and another from another", async () => {
      const { engine, request } = await rigOf();
      const drawn = async (seed: number) => {
        const job = run();
        await engine.image.render(request({ seed }), job);
        return pixels(job.saved[0]?.bytes);
      };
      expect(await drawn(42)).toEqual(await drawn(42));
      expect(await drawn(43)).not.toEqual(await drawn(42));
    });

    it("a series: each picture by its own seed and recipe, made again by that alone", async () => {
      const { engine, request } = await rigOf();
      const series = run({ input: { prompt: "a red fox", count: 3, seed: 42 } });
      await engine.image.render(request({ count: 3 }), series);
      expect(series.saved.map(({ recipe }) => recipe.input)).toEqual([42, 43, 44].map((seed) => ({ prompt: "a red fox", count: 1, seed })));
      expect(new Set(series.saved.map((file) => file.name)).size).toBe(3);
      const alone = run();
      await engine.image.render(request({ seed: 44 }), alone);
      expect(await pixels(alone.saved[0]?.bytes)).toEqual(await pixels(series.saved[2]?.bytes));
    });

    it("seeds up to the largest exact number, and from 0 behind it", async () => {
      const { engine, request } = await rigOf();
      const job = run();
      await engine.image.render(request({ seed: 2 ** 53 - 1, count: 2 }), job);
      expect(job.saved.map(({ recipe }) => recipe.input["seed"])).toEqual([2 ** 53 - 1, 0]);
    });

    it("whole pictures of the size that was planned, from words and from a picture", async () => {
      const { engine, request } = await rigOf();
      const bytes = await sharp({ create: { width: 90, height: 170, channels: 3, background: "red" } })
        .jpeg()
        .toBuffer();
      const artifact = { name: "../../etc/passwd", mediaType: "image/jpeg", width: 90, height: 170 };
      const [plain, from] = [run(), run({ files: { art_1: { bytes, artifact } } })];
      await engine.image.render(request(), plain);
      await engine.image.render(request({ init: { image: "art_1", strength: 0.5 } }), from);
      for (const { saved } of [plain, from]) {
        expect(saved).toHaveLength(1);
        expect(await sharp(saved[0]?.bytes, { failOn: "error" }).metadata()).toMatchObject({ width: 128, height: 64 });
        expect(saved[0]?.mediaType).toMatch(/^image\/(png|jpeg|webp)$/);
      }
      expect(await pixels(from.saved[0]?.bytes)).not.toEqual(await pixels(plain.saved[0]?.bytes));
    });

    it("from no picture that is not there", async () => {
      const { engine, request } = await rigOf();
      const job = run();
      expect(await failureOf(engine.image.render(request({ init: { image: "art_9", strength: 0.5 } }), job))).toMatchObject({
        code: "unknown_artifact",
      });
      expect(job.saved).toEqual([]);
    });

    it("from no file that is not a picture", async () => {
      const { engine, request, program } = await rigOf();
      const job = run({ files: { art_1: { bytes: Buffer.from("no picture"), artifact: { mediaType: "image/png" } } } });
      expect(await failureOf(engine.image.render(request({ init: { image: "art_1", strength: 0.5 } }), job))).toMatchObject({
        code: "unsupported_media",
        retryable: false,
      });
      expect(job.saved).toEqual([]);
      if (program) await until("nothing of ours runs", () => program.ours() === 0);
    });

    it("with progress that never falls, stays between 0 and 1, and ends near 1", async () => {
      const { engine, request } = await rigOf();
      const job = run();
      await engine.image.render(request({ count: 2, steps: 10 }), job);
      const fractions = job.reported.map(({ fraction }) => fraction);
      expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
      expect(fractions.every((fraction) => fraction >= 0 && fraction <= 1)).toBe(true);
      expect(fractions.at(-1)).toBeGreaterThanOrEqual(0.9);
      expect(job.reported.at(-1)?.stage).toBe("storing");
      for (const { step, steps } of job.reported) if (step !== undefined) expect(step).toBeLessThanOrEqual(steps ?? 0);
    });

    it("with a recipe that says what made it, and hides nothing that is only a preview", async () => {
      const { engine, request, model, preview } = await rigOf();
      const job = run({ tool: "render_image", input: { prompt: "a red fox", seed: 42 } });
      await engine.image.render(request(), job);
      const recipe = job.saved[0]?.recipe;
      expect(recipe).toMatchObject({
        tool: "render_image",
        input: { prompt: "a red fox", count: 1, seed: 42 },
        preview,
        generated: !preview,
      });
      expect(recipe?.engine.id).toBe(engine.id);
      expect(recipe?.engine.version).toMatch(/\d/);
      expect(recipe?.details).toMatchObject({ model, steps: 4 });
    });

    it("nothing for a job that was canceled before it began", async () => {
      const { engine, request } = await rigOf();
      const job = run();
      job.abort();
      expect(await failureOf(engine.image.render(request(), job))).toBe(job.signal.reason);
      expect(job.saved).toEqual([]);
    });

    it("no further when it is canceled, and leaves nothing running", async () => {
      const { engine, request, program } = await rigOf();
      const job = inTheMiddle((self) => self.abort());
      expect(await failureOf(engine.image.render(request({ steps: long, count: 2 }), job))).toBe(job.signal.reason);
      expect(job.saved).toEqual([]);
      expect(program?.ours() ?? 0).toBe(0);
    });
  });
}
