import { afterAll, describe, expect, it } from "vitest";
import { silentLog } from "../../../core/log.ts";
import { createEspeak } from "../../espeak/index.ts";
import { createFfmpeg } from "../../ffmpeg/index.ts";
import { type Pcm, type SpeechLine, writeWav } from "../../sound/index.ts";
import { testRun } from "../testing/run.ts";
import { createPreviewSpeech, inflection, previewSay } from "./speech.ts";
import { pitchOf, previewVoices } from "./speech-voices.ts";

const espeak = createEspeak({ log: silentLog });
afterAll(() => espeak.close());

const never = new AbortController().signal;
const text = "Yesterday evening we were walking along the river.";
const line = (more: Partial<SpeechLine> = {}): SpeechLine => ({
  ...{ text, language: "en", speed: 1, seed: 7, voice: { kind: "builtin", name: "preview-en" } },
  ...more,
});
const recording = async (variant?: string) =>
  writeWav(await espeak.say({ text, language: "en", speed: 1, ...(variant ? { variant } : {}), signal: never }));
/** Hz. espeak-ng lets a voice flutter a little, so that no two sounds are equal byte by byte. */
const height = async (sound: Pcm | undefined) => (sound ? pitchOf(writeWav(sound)) : 0);
const length = (sound: Pcm | undefined) => sound?.samples.length ?? 0;

describe("the preview voice", () => {
  it("has a usual voice for every language that it reads", () => {
    const voices = previewVoices(espeak.languages);
    for (const language of espeak.languages) expect(voices.find((voice) => voice.language === language)?.name).toBe(`preview-${language}`);
    expect(new Set(voices.map(({ name }) => name)).size).toBe(voices.length);
  });

  it("gives one sound a line, in order, and counts them", async () => {
    const counted: string[] = [];
    const lines = [line({ text: "One." }), line({ text: "A much longer second line than the first one." }), line({ text: "Three." })];
    const sounds = await previewSay(espeak)(lines, testRun(), (done, of) => counted.push(`${done}/${of}`));
    expect(counted).toEqual(["1/3", "2/3", "3/3"]);
    const lengths = sounds.map(({ samples }) => samples.length);
    expect(lengths[1]).toBeGreaterThan((lengths[0] ?? 0) * 2);
    expect(lengths[1]).toBeGreaterThan((lengths[2] ?? 0) * 2);
  });

  it("speaks the same seed alike and another one a little otherwise", async () => {
    const takes = Array.from({ length: 50 }, (_, seed) => inflection(seed));
    const byPitch = takes.map(({ pitch }, seed) => ({ pitch, seed })).sort((a, b) => a.pitch - b.pitch);
    const [low, high] = [byPitch[0]?.seed ?? 0, byPitch.at(-1)?.seed ?? 0];
    const [one, again, other] = await previewSay(espeak)(
      [line({ seed: low }), line({ seed: low }), line({ seed: high })],
      testRun(),
      () => {},
    );
    expect(length(again) / length(one)).toBeCloseTo(1, 1);
    expect((await height(again)) / (await height(one))).toBeCloseTo(1, 1);
    expect((await height(other)) / (await height(one))).toBeGreaterThan(1.03);
    expect(Math.min(...takes.map(({ pitch }) => pitch))).toBeGreaterThanOrEqual(45);
    expect(Math.max(...takes.map(({ range }) => range))).toBeLessThanOrEqual(65);
    expect(new Set(takes.map((take) => JSON.stringify(take))).size).toBeGreaterThan(20);
  });

  it("reads an own voice as a man or as a woman, by the pitch of its recording", async () => {
    const [man, woman] = [await recording("m3"), await recording("f2")];
    expect(await pitchOf(man)).toBeLessThan(150);
    expect(await pitchOf(woman)).toBeGreaterThan(170);
    const own = (reference: Uint8Array) => line({ voice: { kind: "own", reference, transcript: text, language: "en" } });
    const [low, high, womans] = await previewSay(espeak)(
      [own(man), own(woman), line({ voice: { kind: "builtin", name: "preview-en-woman" } })],
      testRun(),
      () => {},
    );
    expect(await height(low)).toBeLessThan(150);
    expect(await height(high)).toBeGreaterThan(170);
    expect(await height(womans)).toBeGreaterThan(170);
  });

  it("names what to do about a voice that it lacks", async () => {
    const asked = previewSay(espeak)([line({ voice: { kind: "builtin", name: "june" } })], testRun(), () => {});
    await expect(asked).rejects.toMatchObject({ code: "unknown_asset", message: expect.stringContaining("list_models") });
  });

  it("stops when the person cancels", async () => {
    const run = testRun();
    const speaking = previewSay(espeak)([line({ text: text.repeat(200) }), line()], run, () => {});
    run.abort();
    await expect(speaking).rejects.toMatchObject({ code: "canceled" });
  });

  it("saves sound that is marked as a preview which no trained model made, and says so beforehand", async () => {
    const speech = createPreviewSpeech({ espeak, ffmpeg: createFfmpeg({ log: silentLog }) });
    const plan = await speech.plan({ text, language: "de", speed: 1, seed: 7, takes: 1, format: "wav" });
    expect(plan).toMatchObject({
      family: "preview",
      vramGb: 0,
      request: { voice: "preview-de" },
      notes: expect.arrayContaining([expect.stringMatching(/^PREVIEW/)]),
    });
    const run = testRun({ tool: "speak" });
    await speech.speak(plan.request, run);
    expect(run.saved).toMatchObject([{ mediaType: "audio/wav", recipe: { preview: true, generated: false, engine: { id: "preview" } } }]);
  });
});
