/** Sound and video to test with: samples by real encoders, more by ffmpeg, and what players make of them. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ffmpeg from "@ffmpeg-installer/ffmpeg";
import { BufferSource, EncodedPacketSink, FLAC, Input, MP3, MP4, OGG, QTFF, WAVE, WEBM } from "mediabunny";
import type { MediaSource } from "../../../core/ports/media.ts";

export const sample = (name: string): Buffer => readFileSync(join(import.meta.dirname, "samples", name));

export const playable = [
  ["clip.mp4", "video/mp4"],
  ["streamed.mp4", "video/mp4"],
  ["clip.mov", "video/quicktime"],
  ["clip.webm", "video/webm"],
  ["live.webm", "video/webm"],
  ["voice.webm", "audio/webm"],
  ["voice.m4a", "audio/mp4"],
  ["voice.mp3", "audio/mpeg"],
  ["voice.opus", "audio/ogg"],
  ["flac.ogg", "audio/ogg"],
  ["voice.flac", "audio/flac"],
  ["voice.wav", "audio/wav"],
] as const;

function withFiles<T>(work: (path: (name: string) => string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "media-test-"));
  try {
    return work((name) => join(folder, name));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const run = (args: string[]) => execFileSync(ffmpeg.path, ["-nostdin", "-hide_banner", "-v", "error", "-y", ...args], { encoding: "utf8" });

/** What ffmpeg makes of a test pattern and a tone. @param args between the inputs and the file's name, such as `["-map", "0:v", "-t", "1"]` */
export function make(name: string, args: string[]): Buffer {
  return withFiles((path) => {
    const pattern = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=10", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"];
    run([...pattern, ...args, path(name)]);
    return readFileSync(path(name));
  });
}

/** A digest of each frame and piece of sound, decoded to the end without an error by ffmpeg. */
export function frames(bytes: Uint8Array): string {
  return withFiles((path) => {
    writeFileSync(path("x"), bytes);
    const all = run(["-xerror", "-err_detect", "crccheck+explode", "-i", path("x"), "-map", "0:v?", "-map", "0:a?", "-f", "framemd5", "-"]);
    return all.replace(/^#.*\n/gm, "");
  });
}

export const inputOf = (bytes: Uint8Array) =>
  new Input({ formats: [MP4, QTFF, WEBM, WAVE, MP3, OGG, FLAC], source: new BufferSource(Uint8Array.from(bytes)) });

/** Every packet of every track as a player gets it: its time and a digest. */
export async function packets(bytes: Uint8Array): Promise<string[]> {
  const found: string[] = [];
  for (const track of await inputOf(bytes).getTracks())
    for await (const { timestamp, data } of new EncodedPacketSink(track).packets())
      found.push(`${track.id} ${timestamp} ${createHash("sha256").update(data).digest("hex")}`);
  return found;
}

/** @param read hears of each piece that is read */
export const sourceOf = (bytes: Uint8Array, read: (from: number, to: number) => void = () => undefined): MediaSource => ({
  bytes: bytes.length,
  async read(from, to) {
    read(from, to);
    return bytes.subarray(from, to);
  },
});
