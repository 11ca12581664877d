/** Length, size and sound by a file's index: of real ones, of those that lie on their side, and of those that were made to keep a server busy. */
import { describe, expect, it } from "vitest";
import { Failure } from "../../../core/failure.ts";
import { make, playable, sample, sourceOf } from "../testing/playable.ts";
import { createDescribe } from "./describe.ts";
import { type Reader, startReader } from "./reader.ts";

const look = createDescribe();
const facts = (bytes: Uint8Array, type: string, limits?: object) => (limits ? createDescribe(limits) : look)(sourceOf(bytes), type);

describe("sound and video", () => {
  const expected: Record<string, object> = {
    "clip.mp4": { seconds: 0.6, width: 32, height: 32, sound: true },
    "streamed.mp4": { seconds: 0.8, width: 32, height: 32, sound: false },
    "clip.mov": { seconds: 0.6, width: 32, height: 32, sound: false },
    "clip.webm": { seconds: 0.608, width: 32, height: 32, sound: true },
    "live.webm": { seconds: 0.608, width: 32, height: 32, sound: true },
    "voice.webm": { seconds: 0.608 },
    "voice.m4a": { seconds: 0.6 },
    "voice.mp3": { seconds: 0.624 },
    "voice.opus": { seconds: 0.6 },
    // a codec whose length the reader does not tell
    "flac.ogg": {},
    "voice.flac": { seconds: 0.3 },
    "voice.wav": { seconds: 0.25 },
  };

  it.each(playable)("%s says how long and how large it is, and whether it has sound", async (name, type) => {
    expect(await facts(sample(name), type)).toEqual(expected[name]);
  });

  it("a video that lies on its side has the size that is seen", async () => {
    const flat = make("x.mp4", ["-map", "0:v", "-t", "1", "-pix_fmt", "yuv420p"]);
    const turned = [0, 0x10000, 0, 0xffff0000, 0];
    for (const [index, number] of turned.entries()) flat.writeUInt32BE(number, flat.indexOf("tkhd") + 44 + 4 * index);
    expect(await facts(flat, "video/mp4")).toEqual({ seconds: 1, width: 48, height: 64, sound: false });
  });

  it("a WAV whose recorder could not go back is as long as what follows", async () => {
    const bytes = Buffer.from(sample("voice.wav"));
    bytes.writeUInt32LE(0xffffffff, 4);
    bytes.writeUInt32LE(0xffffffff, bytes.indexOf("data") + 4);
    const { seconds } = await facts(bytes, "audio/wav");
    expect(seconds).toBeCloseTo(0.25, 1);
  });

  it("nothing is told of other files, and none of their bytes is read", async () => {
    const read = () => Promise.reject(new Error("read"));
    for (const type of ["application/zip", "image/png", "application/x-safetensors"])
      expect(await look({ bytes: 9, read }, type)).toEqual({});
  });

  it("of a large file little is read", async () => {
    const head = Buffer.from(sample("voice.wav").subarray(0, 1000));
    const bytes = 400_000_000;
    head.writeUInt32LE(bytes - 8, 4);
    const data = head.indexOf("data") + 8;
    head.writeUInt32LE(bytes - data, data - 4);
    let read = 0;
    const source = {
      bytes,
      async read(from: number, to: number) {
        read += to - from;
        const piece = Buffer.alloc(to - from);
        if (from < head.length) head.copy(piece, 0, from);
        return piece;
      },
    };
    expect(await look(source, "audio/wav")).toEqual({ seconds: Math.round((bytes - data) / 16) / 1000 });
    expect(read).toBeLessThan(2_000_000);
  });
});

describe("a broken or hostile index", () => {
  const refused = { name: "Failure", code: "unsupported_media", message: expect.stringContaining("The file is broken") };

  it("is refused where nothing can be read", async () => {
    await expect(facts(Buffer.alloc(5000, "words "), "video/mp4")).rejects.toMatchObject(refused);
    await expect(facts(Buffer.alloc(0), "audio/wav")).rejects.toMatchObject(refused);
  });

  it("is refused where a few bytes stand for billions of frames", async () => {
    const bytes = make("x.mp4", ["-map", "0:v", "-t", "2", "-pix_fmt", "yuv420p", "-bf", "2"]);
    for (const table of ["stts", "ctts"]) bytes.writeUInt32BE(0xffffffff, bytes.indexOf(table) + 12);
    await expect(facts(bytes, "video/mp4", { memoryMb: 100 })).rejects.toMatchObject(refused);
  });

  it("is refused where it takes too long, is too large, or asks for more than there is", async () => {
    const bytes = sample("clip.mp4");
    await expect(facts(bytes, "video/mp4", { ms: 1 })).rejects.toMatchObject(refused);
    await expect(facts(bytes, "video/mp4", { piece: 100 })).rejects.toMatchObject(refused);
    await expect(facts(bytes, "video/mp4", { bytes: -bytes.length })).rejects.toMatchObject(refused);
  });

  it("keeps nobody else from being read, now or after it", async () => {
    const hostile = make("x.mp4", ["-map", "0:v", "-t", "2", "-pix_fmt", "yuv420p", "-bf", "2"]);
    for (const table of ["stts", "ctts"]) hostile.writeUInt32BE(0xffffffff, hostile.indexOf(table) + 12);
    const describe = createDescribe({ memoryMb: 100 });
    const works = [hostile, sample("clip.mp4"), hostile, sample("clip.mp4"), sample("clip.mp4")].map((bytes) =>
      describe(sourceOf(bytes), "video/mp4").then(
        ({ seconds }) => seconds,
        (error: Failure) => error.code,
      ),
    );
    expect(await Promise.all(works)).toEqual(["unsupported_media", 0.6, "unsupported_media", 0.6, 0.6]);
  });

  it.each([
    ["once is read by another one", 1, { seconds: 0.6 }],
    ["each time is refused", 2, refused],
  ])("whose reader is killed %s", async (_, times, expected) => {
    const readers: Reader[] = [];
    const describe = createDescribe({}, (limits) => {
      const reader = startReader(limits);
      readers.push(reader);
      return reader;
    });
    const source = sourceOf(sample("clip.mp4"));
    const read = (from: number, to: number) => {
      // the piece is asked for: it is at work
      if (readers.length <= times) process.kill(readers.at(-1)?.pid as number, "SIGKILL");
      return source.read(from, to);
    };
    const end = await describe({ ...source, read }, "video/mp4").catch((error: unknown) => error);
    expect([end, readers.length]).toEqual([expect.objectContaining(expected), 2]);
  });

  it("a storage that fails is no fault of the file", async () => {
    const gone = new Failure("storage_unavailable", "The storage is away.");
    await expect(look({ bytes: 5000, read: () => Promise.reject(gone) }, "video/mp4")).rejects.toBe(gone);
  });

  it("a file without a frame is refused", async () => {
    const bytes = sample("voice.wav");
    bytes.writeUInt32LE(0, bytes.indexOf("data") + 4);
    const empty = bytes.subarray(0, bytes.indexOf("data") + 8);
    await expect(facts(empty, "audio/wav")).rejects.toMatchObject(refused);
  });
});
