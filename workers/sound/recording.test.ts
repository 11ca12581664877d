import { beforeAll, describe, expect, it } from "vitest";
import type { Failure } from "../../core/failure.ts";
import { framesOf } from "./frames.ts";
import { checkLength } from "./judge.ts";
import { listen } from "./listen.ts";
import type { Pcm } from "./pcm.ts";
import { activeDecibels, leveled } from "./polish.ts";
import { type Chosen, chooseFrom } from "./recording.ts";
import { say } from "./testing/say.ts";
import { chain, chords, clip, drums, gain, hum, melody, mix, silence, whiteNoise } from "./testing/sounds.ts";

const text =
  "The quick brown fox jumps over the lazy dog. My grandmother's house stood near the river, and every summer we went there to swim. Nobody knew what would happen next, but we were happy.";
const window = { least: 3, most: 11.9 };

/** At the rate of references. */
function at24(pcm: Pcm): Pcm {
  const factor = pcm.sampleRate / 24_000;
  const samples = Float32Array.from({ length: Math.floor(pcm.samples.length / factor) }, (_, index) => {
    const [at, share] = [Math.floor(index * factor), (index * factor) % 1];
    return (pcm.samples[at] ?? 0) * (1 - share) + (pcm.samples[at + 1] ?? 0) * share;
  });
  return { sampleRate: 24_000, samples };
}
const speech = async (voice: string, words = text): Promise<Pcm> => leveled(at24(await say(words, voice)));
const pitchOf = async (pcm: Pcm): Promise<number> => listen(pcm, await framesOf(pcm)).pitch;
const refused = (pcm: Pcm, wish = {}): Promise<string> =>
  chooseFrom(pcm, wish, window).then(
    (chosen: Chosen) => Promise.reject(new Error(`taken: ${JSON.stringify({ ...chosen.piece, notes: chosen.notes })}`)),
    (error: Failure) => {
      if (error.code !== "invalid_input") throw error;
      return error.message;
    },
  );

describe("a recording to clone from", { timeout: 120_000 }, () => {
  let man: Pcm;
  let woman: Pcm;
  beforeAll(async () => {
    [man, woman] = [await speech("en+m3"), await speech("en+f3")];
  }, 120_000);

  it.each(["en", "de+m7", "es+f2", "pl", "ru+f4"])("is taken where one person speaks clearly: %s", async (voice) => {
    const { piece, notes, heard } = await chooseFrom(await speech(voice), {}, window);
    expect(notes).toEqual([]);
    expect(piece.seconds).toBeGreaterThanOrEqual(3);
    expect(piece.seconds).toBeLessThanOrEqual(11.9);
    expect(heard.speechSeconds).toBeGreaterThan(3);
  });

  it.each([
    ["white noise", whiteNoise(8)],
    ["a hum of the mains", hum(8)],
    ["chords", chords(8)],
    ["a melody", melody(8)],
    ["drums", drums(8)],
    ["a band", mix(chords(8), drums(8, 0.2), melody(8, 0.1))],
  ])("is refused as no speech where it is %s", async (_, pcm) => {
    expect(await refused(pcm)).toContain("no speech");
  });

  it("is refused where it is silent, or too quiet, with both numbers", async () => {
    expect(await refused(silence(8))).toMatch(/silent \(-100\.0 dBFS\).*at least -45 dBFS/);
    expect(await refused(gain(man, 0.02))).toMatch(/-5\d\.\d dBFS, at least -45 dBFS/);
  });

  it("is refused where it is noisy, and warned of where it is a little, with the numbers", async () => {
    expect(await refused(mix(man, whiteNoise(20, 0.06)))).toMatch(/too noisy: the voice is \d\.\d dB.*at least 10 dB/);
    const { notes } = await chooseFrom(mix(man, whiteNoise(20, 0.02)), {}, window);
    expect(notes.join(" ")).toMatch(/Some noise: the voice is 1\d\.\d dB/);
  });

  it("is refused where it is clipped hard, and warned of where it is a little, with the numbers", async () => {
    expect(await refused(clip(woman, 0.08))).toMatch(/clipped: \d+\.\d %.*at most 3\.0 %/);
    const { notes } = await chooseFrom(clip(woman, 0.26), {}, window);
    expect(notes.join(" ")).toContain("clipped");
  });

  it("is refused where a man and a woman speak, and says from when to when", async () => {
    expect(await refused(chain(man, silence(0.5), woman))).toMatch(/two people.*from about 0:\d\d to 0:\d\d.*7 semitones/);
  });

  it("is taken with a warning where two voices are alike", async () => {
    const { notes } = await chooseFrom(chain(await speech("en+f2"), silence(0.5), woman), {}, window);
    expect(notes.join(" ")).toContain("may be a second voice");
  });

  it("of two people is taken in a piece of one that the person names", async () => {
    const { piece, notes } = await chooseFrom(chain(man, silence(0.5), woman), { start: 0, seconds: 9 }, window);
    expect([piece, notes]).toEqual([{ start: 0, seconds: 9 }, []]);
  });

  it("has as long a piece chosen as is clear, which begins and ends in pauses, beside what is no speech", async () => {
    const start = 4;
    const { piece } = await chooseFrom(
      chain(
        silence(start),
        await speech("en+f3", "My grandmother's house stood near the river, and every summer we went there."),
        silence(5),
      ),
      {},
      window,
    );
    expect(piece.start).toBeGreaterThan(start - 0.2);
    expect(piece.start).toBeLessThan(start + 0.2);
    expect(piece.start + piece.seconds).toBeLessThan(10);
    const { samples, sampleRate } = (await chooseFrom(chain(silence(1), man, silence(1)), {}, window)).sound;
    const edge = (part: Float32Array): number => Math.max(...part.map(Math.abs));
    expect(edge(samples.subarray(0, sampleRate * 0.03))).toBeLessThan(0.05);
    expect(edge(samples.subarray(-sampleRate * 0.03))).toBeLessThan(0.05);
  });

  it("has the same piece chosen each time", async () => {
    expect((await chooseFrom(man, {}, window)).piece).toEqual((await chooseFrom(man, {}, window)).piece);
  });

  it("is refused where start and seconds lie outside of it, or of what the engine takes, with all numbers", async () => {
    const length = man.samples.length / 24_000;
    for (const wish of [{ start: 2, seconds: 20 }, { start: length - 1, seconds: 5 }, { start: -1 }, { seconds: 2 }, { start: length + 5 }])
      expect(await refused(man, wish)).toMatch(/the piece has 3 to 11\.9 s and lies within the recording, which is \d+\.\d+ s/);
  });

  it("is refused by its length alone before it is listened to", () => {
    expect(() => checkLength(2.5, 3)).toThrow(/2\.5 s long: too short\. A recording has 3 to 600 s/);
    expect(() => checkLength(700, 3)).toThrow(/700\.0 s long: too long\. A recording has 3 to 600 s/);
    expect(() => checkLength(4, 5)).toThrow(/has 5 to 600 s/);
  });

  it("has too little speech where most of it is a pause", async () => {
    expect(await refused(chain(await speech("en+m3", "Good morning to you, and to your friends."), silence(8)))).toMatch(
      /has \d\.\d s of speech; at least 3 s/,
    );
  });

  it("tells a man from a woman by the height of the voice", async () => {
    expect(await pitchOf(man)).toBeGreaterThan(80);
    expect(await pitchOf(man)).toBeLessThan(130);
    expect(await pitchOf(woman)).toBeGreaterThan(170);
    expect(await pitchOf(silence(2))).toBe(0);
  });

  it("becomes a reference at -20 dBFS without direct current", async () => {
    const { samples, sampleRate } = leveled({ sampleRate: 24_000, samples: gain(man, 0.2).samples.map((sample) => sample + 0.1) });
    expect(activeDecibels({ samples, sampleRate })).toBeCloseTo(-20, 0);
    expect(Math.abs(samples.reduce((sum, sample) => sum + sample, 0) / samples.length)).toBeLessThan(1e-4);
    expect(Math.max(...leveled(drums(2)).samples.map(Math.abs))).toBeLessThanOrEqual(0.892);
  });
});
