/** Speech by F5-TTS: one run for all lines, a model that stays loaded, and what is told when it cannot be. */
import { afterEach, describe, expect, it } from "vitest";
import { silentLog } from "../../../core/log.ts";
import { reasons } from "../../stop.ts";
import { type TestRun, testRun } from "../testing/run.ts";
import { createApi } from "./api.ts";
import { createKnown } from "./known.ts";
import { createSay } from "./say.ts";
import type { FakeOptions } from "./testing/fake-gpu-host.ts";
import { spoken, tone } from "./testing/media.ts";
import { adapterFor, closeAll, fakeOf, impatient, until } from "./testing/setup.ts";

afterEach(closeAll);

async function speaker(options: FakeOptions = {}) {
  const fake = await fakeOf(options);
  const api = createApi({
    ...{ url: fake.url, configured: true, seen: async () => true, waitMinutes: 1, vramGb: 16, log: silentLog, timings: impatient },
  });
  const parts = { api, known: createKnown(api), options: { waitMinutes: 1 } };
  return { fake, say: createSay(parts), again: () => createSay(parts), gpuHost: adapterFor(fake.url) };
}

const nothing = () => undefined;
const run = (options: Parameters<typeof testRun>[0] = {}): TestRun => testRun({ tool: "speak", ...options });

describe("lines", () => {
  it("go in one run, and come back in their order with the seeds that they were given", async () => {
    const { fake, say } = await speaker();
    const told: [number, number][] = [];
    const sounds = await say(spoken(["Hello there.", "How are you?", "A longer sentence than both of them."]), run(), (...step) =>
      told.push(step),
    );
    expect(fake.media()).toHaveLength(1);
    expect(sounds.map(({ sampleRate }) => sampleRate)).toEqual([24_000, 24_000, 24_000]);
    expect(sounds[2]?.samples.length).toBeGreaterThan(sounds[0]?.samples.length ?? 0);
    expect(fake.media()[0]?.asked.params.lines).toEqual([
      { text: "Hello there.", seed: 10 },
      { text: "How are you?", seed: 11 },
      { text: "A longer sentence than both of them.", seed: 12 },
    ]);
    expect(told.at(-1)).toEqual([3, 3]);
  });

  it("have no square brackets, in the text and in the transcript", async () => {
    const { fake, say } = await speaker();
    await say(spoken(["[town] is [near]."]), run(), nothing);
    expect(fake.media()[0]?.asked.params).toMatchObject({ transcript: "This is me .", lines: [{ text: "town is near .", seed: 10 }] });
  });

  it("upload the reference once: it stays for the next text", async () => {
    const { fake, say } = await speaker();
    await say(spoken(["One."]), run(), nothing);
    await say(spoken(["Two."]), testRun({ tool: "speak", attempt: 2 }), nothing);
    expect(fake.calls.filter(({ method }) => method === "PUT")).toHaveLength(1);
  });

  it("without a letter are a pause, and any seed fits", async () => {
    const { fake, say } = await speaker();
    const lines = [...spoken(["Hello."], { seed: 2 ** 53 - 1 }), ...spoken(["[—]"]), ...spoken(["Tab\tand\u2028line."])];
    const sounds = await say(lines, run(), nothing);
    expect(sounds).toHaveLength(3);
    expect(sounds[1]?.samples.every((sample) => sample === 0)).toBe(true);
    expect(fake.media()[0]?.asked.params.lines).toEqual([
      { text: "Hello.", seed: 2 ** 31 - 1 },
      { text: "Tab and line.", seed: 10 },
    ]);
  });

  it("of a very long text go in several runs, in order", async () => {
    const { fake, say } = await speaker({ faults: { stepMs: 0 } });
    const told: number[] = [];
    const sounds = await say(spoken(Array.from({ length: 205 }, (_, index) => `Line ${index}.`)), run(), (done) => told.push(done));
    expect([sounds.length, fake.media().map(({ total }) => total), told.at(-1)]).toEqual([205, [200, 5], 205]);
    expect(fake.state.warm.loads).toHaveLength(1);
  });

  it("need a cloned voice", async () => {
    const { say } = await speaker();
    await expect(say(spoken(["Hi."], { voice: { kind: "builtin", name: "en" } }), run(), nothing)).rejects.toMatchObject({
      code: "unknown_asset",
    });
  });

  it("of a second call in the same attempt are a run of their own", async () => {
    const { fake, say } = await speaker();
    const attempt = run();
    await say(spoken(["First."]), attempt, nothing);
    await say(spoken(["Second."]), attempt, nothing);
    expect(fake.media().map(({ asked }) => [asked.id, asked.params.lines?.[0]?.text])).toEqual([
      ["job_0000000000000001-1-0", "First."],
      ["job_0000000000000001-1-100", "Second."],
    ]);
  });
});

describe("the model", () => {
  it("is loaded once for two texts, and leaves the card when it is given back", async () => {
    const { fake, say, gpuHost } = await speaker();
    await say(spoken(["One."]), run(), nothing);
    await say(spoken(["Two."]), run({ attempt: 2 }), nothing);
    expect(fake.state.warm.loads).toEqual(["f5-tts"]);
    expect((await gpuHost.vram?.(AbortSignal.timeout(5000)))?.freeGb).toBe(13);
    fake.faults.lingers = 3;
    await gpuHost.release?.(AbortSignal.timeout(5000));
    expect(fake.state.warm.loaded).toBeUndefined();
    expect((await gpuHost.vram?.(AbortSignal.timeout(5000)))?.freeGb).toBe(15);
  });

  it("that does not leave the card is told, and can be asked again", async () => {
    const { fake, say, gpuHost } = await speaker();
    await say(spoken(["One."]), run(), nothing);
    fake.faults.lingers = 1_000_000;
    await expect(gpuHost.release?.(AbortSignal.timeout(300))).rejects.toMatchObject({
      ...{ code: "engine_failed", retryable: true },
      message: expect.stringContaining("did not give the memory of its programs back"),
    });
  });
});

describe("another attempt", () => {
  /** One that speaks, whose worker dies without a word. */
  async function orphaned(options: FakeOptions = {}) {
    const all = await speaker({ faults: { gate: 1 }, ...options });
    const first = run();
    const dead = all.say(spoken(["One.", "Two."]), first, nothing);
    dead.catch(nothing);
    await until("it speaks", () => all.fake.media()[0]?.step === 1);
    first.abort(reasons.fenced);
    await dead.catch(nothing);
    return { ...all, first };
  }

  it("adopts a run that still goes on", async () => {
    const { fake, first, again } = await orphaned();
    const second = run({ attempt: 2, earlierRefs: first.refs });
    const work = again()(spoken(["One.", "Two."]), second, nothing);
    await until("it was adopted", () => second.refs.length === 1);
    delete fake.faults.gate;
    expect(await work).toHaveLength(2);
    expect(fake.media()).toHaveLength(1);
    expect(second.refs).toEqual(first.refs);
  });

  it("takes what was spoken meanwhile, and asks for nothing again", async () => {
    const { fake, first, again } = await orphaned();
    delete fake.faults.gate;
    await until("it is done", () => fake.media()[0]?.state === "succeeded");
    expect(await again()(spoken(["One.", "Two."]), run({ attempt: 2, earlierRefs: first.refs }), nothing)).toHaveLength(2);
    expect(fake.media()).toHaveLength(1);
  });

  it("speaks again where what was spoken does not fit the lines any more", async () => {
    const { fake, say, again } = await speaker();
    await say(spoken(["One."]), run(), nothing);
    expect(await again()(spoken(["One.", "Two."]), run({ attempt: 2 }), nothing)).toHaveLength(2);
    expect(fake.media()).toHaveLength(2);
  });

  it("speaks again where the first run was ended from outside, and is ended by a person who cancels", async () => {
    const { fake, first, again } = await orphaned();
    fake.media()[0]?.fail("interrupted", "The program was ended from outside.");
    const second = run({ attempt: 2, earlierRefs: first.refs });
    const work = again()(spoken(["One.", "Two."]), second, nothing);
    work.catch(nothing);
    await until("it speaks again", () => fake.media()[1]?.step === 1);
    second.abort(reasons.canceled);
    await expect(work).rejects.toBe(reasons.canceled);
    expect(fake.state.owner()).toBeUndefined();
    expect(fake.media().map(({ asked }) => asked.id)).toEqual(first.refs);
  });

  it("is the only one that counts: a run that no open job follows is ended, and old ones are taken out", async () => {
    const { fake, first, gpuHost } = await orphaned();
    await gpuHost.endOrphans(async () => [{ id: first.job.id }]);
    expect(fake.media()[0]?.state).toBe("running");
    await gpuHost.endOrphans(async () => []);
    expect(fake.media()[0]?.state).toBe("canceled");
    for (const event of fake.media()[0]?.events ?? []) event["at"] = new Date(Date.now() - 15 * 24 * 3_600_000).toISOString();
    expect(await gpuHost.tidy(async () => [])).toBe(1);
    expect(fake.media()).toEqual([]);
  });
});

describe("what goes wrong", () => {
  it("an answer that is lost is asked for again: one run", async () => {
    const { fake, say } = await speaker({ faults: { loseAnswers: 1 } });
    await say(spoken(["One."]), run(), nothing);
    expect(fake.media()).toHaveLength(1);
  });

  it("a run that was interrupted is begun again, three times at most", async () => {
    const { fake, say } = await speaker({ faults: { interruptAt: 1 } });
    await say(spoken(["One."]), run(), nothing);
    expect(fake.media().map(({ state }) => state)).toEqual(["failed", "succeeded"]);
    const hopeless = await speaker({ faults: { gate: 0 } });
    const work = hopeless.say(spoken(["One."]), run(), nothing).catch((error: unknown) => error);
    for (let count = 0; count < 3; count++) {
      await until("the next one runs", () => hopeless.fake.media()[count]?.state === "running");
      hopeless.fake.media()[count]?.fail("interrupted", "The program was ended from outside.");
    }
    expect(await work).toMatchObject({ code: "engine_failed", message: expect.stringContaining("3 times") });
  });

  it("no memory, no file, and a success without a file are told with what to do, and nothing stays on the card", async () => {
    for (const [fault, code, says] of [
      ["noMemory", "out_of_memory", "memory ran out"],
      ["noFile", "engine_failed", "without its file"],
      ["emptyResults", "engine_failed", "ended without the file"],
      ["silent", "engine_failed", "silence"],
    ] as const) {
      const { fake, say } = await speaker({ faults: { [fault]: true } });
      await expect(say(spoken(["One."]), run(), nothing)).rejects.toMatchObject({ code, message: expect.stringContaining(says) });
      expect(fake.state.owner()).toBeUndefined();
    }
  });

  it("a file that comes broken is fetched again, and one that always does is not used", async () => {
    const { fake, say } = await speaker({ faults: { spoilFiles: 1 } });
    await say(spoken(["One."]), run(), nothing);
    fake.faults.spoilFiles = 1000;
    await expect(say(spoken(["Two."]), run({ attempt: 2 }), nothing)).rejects.toMatchObject({ code: "engine_failed", retryable: true });
  });

  it("a web page in place of an answer is another program, and told as that", async () => {
    const { fake, say } = await speaker();
    fake.faults.pages = 1000;
    await expect(say(spoken(["One."]), run(), nothing)).rejects.toMatchObject({
      code: "engine_rejected",
      message: expect.stringContaining("GPU_HOST_URL"),
    });
  });

  it("a gpu-host that restarts in the middle is waited for, and the speech is there", async () => {
    const { fake, say } = await speaker({ faults: { gate: 1 } });
    const attempt = run();
    const work = say(spoken(["One.", "Two."]), attempt, nothing);
    await until("it speaks", () => fake.media()[0]?.step === 1);
    await fake.stop();
    await until("it is said", () => attempt.reported.some(({ note }) => note?.includes("does not answer")));
    delete fake.faults.gate;
    await fake.start();
    expect(await work).toHaveLength(2);
    expect(fake.media()).toHaveLength(1);
  });

  it("the reference is sent as it is, under the hash of its bytes", async () => {
    const { fake, say } = await speaker();
    await say(spoken(["One."]), run(), nothing);
    expect([...fake.state.inputs.values()].map((bytes) => bytes.equals(tone(5)))).toEqual([true]);
  });
});
