import { afterEach, describe, expect, it } from "vitest";
import type { Pcm } from "../../sound/index.ts";
import { testRun } from "../testing/run.ts";
import { adapterFor, closeAll, fakeOf, line, pair, recording, until } from "./testing/setup.ts";

afterEach(closeAll);

const none = () => {};
/** Hz of the fake's tone: it is 100 + its seed. */
function tone({ sampleRate, samples }: Pcm): number {
  let crossings = 0;
  const end = Math.floor(samples.length - sampleRate * 0.3);
  for (let at = 1; at < end; at++) if ((samples[at - 1] ?? 0) < 0 && (samples[at] ?? 0) >= 0) crossings++;
  return Math.round((crossings / end) * sampleRate);
}

describe("speaking with GPT-SoVITS", () => {
  it("gives one sound a line, in order, each with its own seed", async () => {
    const { say, fake } = await pair();
    const counted: number[] = [];
    const reference = recording();
    const lines = [1, 2, 3].map((n) => line({ reference, text: `Line number ${n} of three.`, seed: n * 100 }));
    const sounds = await say(lines, testRun(), (done) => counted.push(done));
    expect(sounds.map((sound) => Math.round(tone(sound) / 10) * 10)).toEqual([200, 300, 400]);
    expect(counted.filter((done, at) => done !== counted[at - 1])).toEqual(expect.arrayContaining([1, 2, 3]));
    expect(fake.asked.map(({ body }) => body["text"])).toEqual(lines.map(({ text }) => text));
  });

  it("asks for one uncut piece of WAV, without a stream, in lower-case codes", async () => {
    const { say, fake } = await pair();
    await say([line({ text: "你好\n世界", language: "zh", speed: 1.5 })], testRun(), none);
    expect(fake.asked[0]?.body).toMatchObject({
      ...{ text: "你好 世界", text_lang: "zh", prompt_lang: "en", prompt_text: "This is what I said." },
      ...{ text_split_method: "cut0", media_type: "wav", streaming_mode: false, speed_factor: 1.5, seed: 7 },
    });
  });

  it("keeps seeds within what numpy takes, and different ones different", async () => {
    const { say, fake } = await pair();
    const reference = recording();
    await say([line({ reference, seed: 2 ** 53 - 1 }), line({ reference, seed: 2 ** 32 + 5 })], testRun(), none);
    expect(fake.asked.map(({ body }) => body["seed"])).toEqual([2 ** 32 - 1, 5]);
  });

  it("lays a recording down once for all its lines, and takes it out again", async () => {
    const { say, fake, files } = await pair();
    const [june, max] = [recording(4), recording(6, 120)];
    await say([line({ reference: june }), line({ reference: june }), line({ reference: max })], testRun(), none);
    const paths = fake.asked.map(({ body }) => String(body["ref_audio_path"]));
    expect(paths[0]).toBe(paths[1]);
    expect(paths[2]).not.toBe(paths[0]);
    expect(fake.asked.map(({ seconds }) => Math.round(seconds ?? 0))).toEqual([4, 4, 6]);
    expect(await files()).toEqual([]);
  });

  it("takes it out after a failure as well", async () => {
    const { say, files } = await pair({ faults: ["crash"] });
    await expect(say([line()], testRun(), none)).rejects.toMatchObject({ code: "engine_failed" });
    expect(await files()).toEqual([]);
  });

  it("names the folder as the other side sees it", async () => {
    const { say, fake } = await pair({}, { folderThere: "D:\\voices\\" });
    await expect(say([line()], testRun(), none)).rejects.toMatchObject({ code: "config" });
    expect(fake.asked[0]?.body["ref_audio_path"]).toMatch(/^D:\\voices\\msb-[0-9a-f]{32}-[0-9a-f]{8}\.wav$/);
  });

  it("speaks one line at a time, whoever asks", async () => {
    const { say, fake } = await pair({ lineMs: 30 });
    await Promise.all([
      say([line({ text: "One." }), line({ text: "Two." })], testRun(), none),
      say([line({ text: "Three." })], testRun(), none),
    ]);
    expect(fake.asked.map(({ body }) => body["text"])).toEqual(["One.", "Two.", "Three."]);
  });

  it("says that it is alive while a line takes long, so that nobody calls it stalled", async () => {
    const { say } = await pair({ lineMs: 300 });
    let words = 0;
    await say([line()], testRun(), () => words++);
    expect(words).toBeGreaterThan(3);
  });

  it("waits for one that is down and speaks when it is back", async () => {
    const first = await fakeOf();
    const { port, url } = first;
    await first.close();
    const { say } = await adapterFor(url);
    const run = testRun();
    const speaking = say([line()], run, none);
    await until("it is said that it waits", () => run.reported.some(({ stage }) => stage === "waiting"));
    expect(run.reported[0]?.note).toContain(`GPT-SoVITS at ${url} does not answer; waiting up to 1 minute`);
    await fakeOf({ port });
    expect(await speaking).toHaveLength(1);
  });

  it("speaks a line again whose connection broke off", async () => {
    const { say, fake } = await pair({ faults: ["drop"] });
    expect(await say([line()], testRun(), none)).toHaveLength(1);
    expect(fake.asked).toHaveLength(2);
  });

  it("gives up past the limit, with the command that starts it", async () => {
    const gone = await fakeOf();
    await gone.close();
    const { say } = await adapterFor(gone.url, { waitMinutes: 0 });
    await expect(say([line()], testRun(), none)).rejects.toMatchObject({
      code: "engine_unavailable",
      retryable: true,
      message: expect.stringContaining(`python api_v2.py -a 127.0.0.1 -p ${gone.port}`),
    });
  });

  it("waits on a cancel for the line that it speaks, and speaks no other", async () => {
    const { say, fake, files } = await pair({ lineMs: 400 });
    const run = testRun();
    const speaking = say([line(), line()], run, none);
    await until("the first line is asked for", () => fake.asked.length === 1);
    const asked = Date.now();
    run.abort();
    await expect(speaking).rejects.toMatchObject({ code: "canceled" });
    expect(Date.now() - asked).toBeGreaterThan(100);
    expect(fake.asked).toHaveLength(1);
    expect(await files()).toEqual([]);
  });

  it("does not wait longer on a cancel than it may", async () => {
    const { say, fake } = await pair({ lineMs: 5_000 }, { timings: { cancel: 50 } });
    const run = testRun();
    const speaking = say([line()], run, none);
    await until("the line is asked for", () => fake.asked.length === 1);
    run.abort();
    await expect(speaking).rejects.toMatchObject({ code: "canceled" });
  });

  it("ends a wait for its turn at once on a cancel", async () => {
    const { say, fake } = await pair({ lineMs: 300 });
    const run = testRun();
    const first = say([line()], testRun(), none);
    const second = say([line()], run, none);
    run.abort();
    await expect(second).rejects.toMatchObject({ code: "canceled" });
    await first;
    expect(fake.asked).toHaveLength(1);
  });

  it("calls a line that never ends stalled", async () => {
    const { say } = await pair({ lineMs: 5_000 }, { timings: { line: 100 } });
    await expect(say([line()], testRun(), none)).rejects.toMatchObject({ code: "engine_stalled", retryable: true });
  });

  it("says that it has no voices of its own", async () => {
    const { say } = await pair();
    const asked = say([line({ voice: { kind: "builtin", name: "alice" } })], testRun(), none);
    await expect(asked).rejects.toMatchObject({ code: "unknown_asset", message: expect.stringContaining("clone_voice") });
  });
});
