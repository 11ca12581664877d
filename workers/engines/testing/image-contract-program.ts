/** What every engine that draws by a program beside it must hold, when that program is down, busy, broken or not what it should be. */
import { describe, expect, it } from "vitest";
import { Failure } from "../../../core/failure.ts";
import { failureOf, type ImageRig, inTheMiddle, long, pixels, rigFrom, run, until, wish } from "./image-contract-rig.ts";

export function programContract(name: string, setup: () => Promise<ImageRig>): void {
  const programOf = async () => {
    const rig = await rigFrom(setup);
    if (!rig.program) throw new Error("the rig has no program");
    return { ...rig, program: rig.program };
  };

  describe(`${name} and its program`, () => {
    it("use a LoRA, and say so in the recipe", async () => {
      const { engine, request, program } = await programOf();
      const plan = await engine.image.plan(wish({ loras: [{ name: program.lora, weight: 0.5 }] }));
      const [with_, without] = [run(), run()];
      await engine.image.render(request({ loras: plan.request.loras }), with_);
      await engine.image.render(request(), without);
      expect(with_.saved[0]?.recipe.details).toMatchObject({ loras: [{ name: expect.stringContaining(program.lora), weight: 0.5 }] });
      expect(await pixels(with_.saved[0]?.bytes)).not.toEqual(await pixels(without.saved[0]?.bytes));
    });

    it("that is down: waits, says where, then names it and what starts it", async () => {
      const { request, program } = await programOf();
      await program.stop();
      const engine = program.impatient();
      const job = run();
      const failure = await failureOf(engine.image.render(request(), job));
      expect(failure).toMatchObject({ code: "engine_unavailable", retryable: true });
      expect(failure.message).toMatch(/http:\/\/127\.0\.0\.1:\d+.*Start it \(.+\)/);
      expect(job.reported.some(({ stage, note }) => stage === "waiting" && note?.includes("does not answer") === true)).toBe(true);
    });

    it("that comes back: draws after all", async () => {
      const { engine, request, program } = await programOf();
      await program.stop();
      const job = run();
      const work = engine.image.render(request(), job);
      await until("it waits", () => job.reported.some(({ note }) => note?.includes("does not answer") === true));
      await program.start();
      await work;
      expect(job.saved).toHaveLength(1);
    });

    it("that is something else: say so without its page", async () => {
      const { engine, request, program } = await programOf();
      program.webPage();
      const failure = await failureOf(engine.image.render(request(), run()));
      expect(failure).toMatchObject({ code: "engine_rejected", retryable: false });
      expect(failure.message).not.toMatch(/<|router/);
    });

    it("that runs out of memory: name it and the remedy", async () => {
      const { engine, request, program } = await programOf();
      program.outOfMemory();
      const job = run();
      const failure = await failureOf(engine.image.render(request(), job));
      expect(failure.code).toBe("out_of_memory");
      expect(failure.message).toMatch(/smaller picture/);
      expect(job.saved).toEqual([]);
    });

    it("that answers with what is no picture: never call it one", async () => {
      const { request, program } = await programOf();
      const engine = program.garbage();
      const job = run();
      expect(await failureOf(engine.image.render(request(), job))).toBeInstanceOf(Failure);
      expect(job.saved).toEqual([]);
    });

    it("that dies in the middle: a failure that may be tried again, never a wrong success", async () => {
      const { request, program } = await programOf();
      const job = inTheMiddle(() => void program.stop());
      const failure = await failureOf(program.impatient().image.render(request({ steps: long }), job));
      expect(failure).toMatchObject({ code: "engine_unavailable", retryable: true });
      expect(job.saved).toEqual([]);
    });

    it("that restarts in the middle: draws anew, once", async () => {
      const { engine, request, program } = await programOf();
      const job = inTheMiddle(() => void program.stop().then(program.start));
      await engine.image.render(request({ steps: 60 }), job);
      expect(job.saved).toHaveLength(1);
      expect(new Set(job.refs).size).toBe(job.refs.length);
      const fractions = job.reported.map(({ fraction }) => fraction);
      expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    });

    it("that draws for somebody else: wait, say so, and never touch it, also when ours is canceled", async () => {
      const { engine, request, program } = await programOf();
      const standing = await program.foreign(300);
      const [canceled, kept] = [run(), run()];
      const stopped = failureOf(engine.image.render(request(), canceled));
      await until("ours waits", () => canceled.reported.some(({ note }) => note?.includes("busy") === true));
      canceled.abort();
      expect(await stopped).toBe(canceled.signal.reason);
      expect(standing()).toBe("runs");
      await engine.image.render(request(), kept);
      expect(standing()).toBe("done");
      expect(kept.saved).toHaveLength(1);
      expect(canceled.saved).toEqual([]);
    });

    it("after a worker that died: one picture, and nothing of the dead attempt is left running", async () => {
      const { engine, request, program } = await programOf();
      const first = run();
      const dead = engine.image.render(request({ steps: long }), first).catch(() => undefined);
      await until("it draws", () => program.ours() > 0);
      const again = run({ attempt: 2, earlierRefs: first.refs });
      await engine.image.render(request({ steps: long }), again);
      expect(again.saved).toHaveLength(1);
      first.abort();
      await dead;
      expect(program.ours()).toBe(0);
    });
  });
}
