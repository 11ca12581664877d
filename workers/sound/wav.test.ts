import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withFolder } from "../ffmpeg/index.ts";
import { makeVideo, testFfmpeg } from "../ffmpeg/testing/media.ts";
import { decodeSound } from "./decode.ts";
import { encodeSpeech } from "./encode.ts";
import { activeDecibels } from "./polish.ts";
import { melody } from "./testing/sounds.ts";
import { readWav, writeWav } from "./wav.ts";

const signal = new AbortController().signal;

describe("a WAV file", () => {
  it("comes back as it was written, to 16 bit", () => {
    const pcm = melody(0.5);
    const back = readWav(writeWav(pcm));
    expect(back.sampleRate).toBe(24000);
    expect(back.samples.length).toBe(12000);
    for (const [index, sample] of pcm.samples.entries()) expect(Math.abs((back.samples[index] ?? 0) - sample)).toBeLessThan(1 / 16000);
  });

  it.each(["pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le"])("is read as %s, two channels mixed to one", async (codec) => {
    await withFolder(undefined, async (folder) => {
      await testFfmpeg.run(["-f", "lavfi", "-i", "sine=f=440:r=16000:d=1", "-ac", "2", "-c:a", codec, "a.wav"], { cwd: folder, signal });
      const { sampleRate, samples } = readWav(await readFile(join(folder, "a.wav")));
      expect([sampleRate, samples.length]).toEqual([16000, 16000]);
      expect(Math.max(...samples)).toBeGreaterThan(0.08);
    });
  });

  it.each([0, 0xffffffff])("is read to its end where a stream wrote %s for its length", (length) => {
    const bytes = Buffer.from(writeWav(melody(0.25)));
    bytes.writeUInt32LE(length, 40);
    expect(readWav(bytes).samples.length).toBe(6000);
  });

  it.each([
    ["no WAV", Buffer.from("ID3 something else altogether")],
    ["without sound", Buffer.from(writeWav(melody(0.1))).subarray(0, 36)],
    [
      "of an unknown format",
      (() => {
        const bytes = Buffer.from(writeWav(melody(0.1)));
        bytes.writeUInt16LE(85, 20);
        return bytes;
      })(),
    ],
  ])("is refused where it is %s", (_, bytes) => {
    expect(() => readWav(bytes)).toThrow(expect.objectContaining({ code: "unsupported_media" }));
  });
});

describe("the sound of a file", { timeout: 60_000 }, () => {
  it.each(["mp3", "opus", "wav"] as const)("is the same after %s", async (format) => {
    const pcm = melody(2);
    const bytes = await encodeSpeech(pcm, format, { ffmpeg: testFfmpeg, signal });
    const back = await decodeSound(testFfmpeg, bytes, { sampleRate: 24000, signal, maxSeconds: 10 });
    expect(back.samples.length / 24000).toBeCloseTo(2, 0);
    expect(Math.abs(activeDecibels(back) - activeDecibels(pcm))).toBeLessThan(1.5);
  });

  it("may be a video's, and no more of it is read than was asked for", async () => {
    await withFolder(undefined, async (folder) => {
      const bytes = await readFile(await makeVideo(folder, "a.mp4", { seconds: 3, sound: true }));
      expect((await decodeSound(testFfmpeg, bytes, { sampleRate: 16000, signal, maxSeconds: 2 })).samples.length).toBe(32000);
    });
  });

  it("is named where there is none, or where it is broken", async () => {
    await withFolder(undefined, async (folder) => {
      const mute = await readFile(await makeVideo(folder, "a.mp4"));
      for (const bytes of [mute, Buffer.alloc(3000, 1)])
        await expect(decodeSound(testFfmpeg, bytes, { sampleRate: 16000, signal, maxSeconds: 2 })).rejects.toMatchObject({
          code: "unsupported_media",
        });
    });
  });
});
