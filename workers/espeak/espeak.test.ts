import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { afterAll, describe, expect, it } from "vitest";
import { silentLog } from "../../core/log.ts";
import { framesOf } from "../sound/frames.ts";
import type { Pcm } from "../sound/index.ts";
import { createEspeak } from "./espeak.ts";

const espeak = createEspeak({ log: silentLog });
afterAll(() => espeak.close());

const never = new AbortController().signal;
const say = (text: string, more: Partial<Parameters<typeof espeak.say>[0]> = {}) =>
  espeak.say({ text, language: "en", speed: 1, signal: never, ...more });
const seconds = ({ samples, sampleRate }: Pcm) => samples.length / sampleRate;
/** Hz of the voice: the median of the frames in which it hums. */
async function height(sound: Pcm): Promise<number> {
  const heard = (await framesOf(sound)).pitch.filter((hertz) => hertz > 0).sort();
  return heard[Math.floor(heard.length / 2)] ?? 0;
}
const loudest = ({ samples }: Pcm) => samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);

describe("espeak-ng", () => {
  it("speaks a sentence as sound that is neither silent nor clipped", async () => {
    const sound = await say("The quick brown fox jumps over the lazy dog.");
    expect(sound.sampleRate).toBe(22_050);
    expect(seconds(sound)).toBeGreaterThan(2);
    expect(seconds(sound)).toBeLessThan(5);
    expect(loudest(sound)).toBeGreaterThan(0.1);
    expect(loudest(sound)).toBeLessThanOrEqual(1);
  });

  it("speaks languages under the names that people call them by", async () => {
    for (const language of ["de", "fr", "zh", "pt", "no", "ar"])
      expect(loudest(await say("1 2 3", { language })), language).toBeGreaterThan(0.05);
  });

  it("refuses a language that it cannot read, naming those that it can", async () => {
    await expect(say("hi", { language: "ja" })).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("en, de, es"),
    });
  });

  it("speaks the same request as the same sound, whatever it said before, and another voice, speed or pitch otherwise", async () => {
    const [one, again, woman, fast, high] = [
      await say("Good morning to you."),
      await say("Good morning to you."),
      await say("Good morning to you.", { variant: "f3" }),
      await say("Good morning to you.", { speed: 2 }),
      await say("Good morning to you.", { pitch: 70 }),
    ];
    expect(again).toEqual(one);
    // blanks take no time, and are bytes as letters are
    for (const length of [30, 5000, 20_000]) {
      await say(`Something else.${" ".repeat(length)}Yes.`, { language: "de" });
      expect(await say("Good morning to you.", { variant: "f3" }), `${length}`).toEqual(woman);
      expect(await say("Good morning to you."), `${length}`).toEqual(one);
    }
    const other = createEspeak({ log: silentLog });
    expect(await other.say({ text: "Good morning to you.", language: "en", speed: 1, signal: never })).toEqual(one);
    await other.close();
    expect(await height(woman)).toBeGreaterThan((await height(one)) * 1.3);
    expect(await height(high)).toBeGreaterThan((await height(one)) * 1.1);
    expect(seconds(fast)).toBeLessThan(seconds(one) * 0.7);
  });

  it.each([
    ["a pause of SSML", 'a <break time="20s"/> b', 20],
    ["a command behind Ctrl-A", "a \u0001+99S b \u0001-99P c", undefined],
  ])("reads %s as text and does not obey it", async (_what, text, limit) => {
    const sound = await say(text);
    if (limit) expect(seconds(sound)).toBeLessThan(limit / 2);
    else expect(seconds(sound)).toBeCloseTo(seconds(await say("a  +99S b  -99P c")), 1);
  });

  it("reads phonemes in brackets letter by letter", async () => {
    const word = await say("a hello b");
    expect(seconds(await say("a [[h@loU]] b"))).toBeGreaterThan(seconds(word) * 1.2);
  });

  it("ends at once on abort, and speaks again afterwards", async () => {
    const stop = new AbortController();
    const long = say("One sentence after another is spoken here. ".repeat(400), { signal: stop.signal });
    const behind = say("I come next.");
    stop.abort(new Error("enough"));
    await expect(long).rejects.toThrow("enough");
    expect(seconds(await behind)).toBeGreaterThan(0.5);
  });

  it("is told by the version of the package that is installed", async () => {
    const path = createRequire(import.meta.url).resolve("@echogarden/espeak-ng-emscripten");
    const about = JSON.parse(await readFile(path.replace(/[^/]+$/, "package.json"), "utf8")) as { version: string };
    expect(espeak.version).toBe(about.version);
  });
});
