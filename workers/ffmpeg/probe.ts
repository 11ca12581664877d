/** What a media file is, read by mediabunny from its own bytes. */
import { setTimeout as delay } from "node:timers/promises";
import {
  ADTS,
  EncodedPacketSink,
  FilePathSource,
  FLAC,
  Input,
  type InputAudioTrack,
  type InputTrack,
  type InputVideoTrack,
  MATROSKA,
  MP3,
  MP4,
  MPEG_TS,
  OGG,
  QTFF,
  WAVE,
  WEBM,
} from "mediabunny";
import { Failure } from "../../core/failure.ts";

export interface Probed {
  /** Of the longest track. */
  seconds: number;
  /** As it is shown: turned, and with square pixels. `frames` is absent where counting them would take long. */
  video?: { codec: string; width: number; height: number; fps: number; frames?: number };
  audio?: { codec: string; sampleRate: number; channels: number };
}

/** Without playlists (HLS): they would have us open other files. */
const formats = [MP4, QTFF, MATROSKA, WEBM, WAVE, MP3, OGG, FLAC, ADTS, MPEG_TS];

const limitSeconds = 60;
/** Packets that tell the rate of a file without an index. */
const fewPackets = 500;
/** An hour at 60 a second: more is not counted. */
const mostPackets = 216_000;

const remedy = "Play it to see that it is whole, then export it again as MP4, WebM, MOV, WAV, MP3, Ogg or FLAC.";

function broken(why: string, cause?: unknown): Failure {
  return new Failure("unsupported_media", `The file cannot be used: ${why}. ${remedy}`, { cause });
}

/** Rates that files are made with; a rate that is read from timestamps in milliseconds is a little beside them. */
const usualRates = [24000 / 1001, 24, 25, 30000 / 1001, 30, 48, 50, 60000 / 1001, 60];

function rateOf(measured: number): number {
  const usual = usualRates.find((rate) => Math.abs(rate - measured) / rate < 0.0008);
  return Math.round((usual ?? measured) * 1000) / 1000;
}

/** Failure where its last packet is not in the file, or its header promises more than there is. */
async function secondsOf(track: InputTrack): Promise<number> {
  const last = await new EncodedPacketSink(track as InputVideoTrack).getPacket(Number.POSITIVE_INFINITY);
  if (!last) throw broken("its end is missing, it was cut short");
  const seconds = await track.computeDuration();
  const promised = (await track.getDurationFromMetadata()) ?? seconds;
  if (promised > seconds + Math.max(2, promised * 0.2))
    throw broken(`it was cut short: it says that it is ${promised.toFixed(1)} s long, and has ${seconds.toFixed(1)} s`);
  return seconds;
}

async function videoOf(track: InputVideoTrack, seconds: number): Promise<NonNullable<Probed["video"]>> {
  const { averagePacketRate } = await track.computePacketStats(fewPackets);
  const counted = averagePacketRate * seconds < mostPackets ? await track.computePacketStats() : undefined;
  const fps = rateOf(counted?.averagePacketRate ?? averagePacketRate);
  const [codec, width, height] = await Promise.all([track.getCodec(), track.getDisplayWidth(), track.getDisplayHeight()]);
  return { codec: codec ?? "unknown", width, height, fps, ...(counted ? { frames: counted.packetCount } : {}) };
}

async function audioOf(track: InputAudioTrack): Promise<NonNullable<Probed["audio"]>> {
  const [codec, sampleRate, channels] = await Promise.all([track.getCodec(), track.getSampleRate(), track.getNumberOfChannels()]);
  return { codec: codec ?? "unknown", sampleRate, channels };
}

async function look(input: Input): Promise<Probed> {
  const [video, audio] = [await input.getPrimaryVideoTrack(), await input.getPrimaryAudioTrack()];
  if (!video && !audio)
    throw broken("it has neither picture nor sound; its index may be missing, as in a recording that was never finished");
  const shown = video ? await secondsOf(video) : 0;
  const heard = audio ? await secondsOf(audio) : 0;
  const seconds = Math.max(shown, heard);
  if (!(seconds > 0)) throw broken("it is empty");
  return {
    seconds,
    ...(video ? { video: await videoOf(video, shown) } : {}),
    ...(audio ? { audio: await audioOf(audio) } : {}),
  };
}

/** Failure `unsupported_media` for one that is broken or cut short, or that we cannot read. @param path a file on this machine. */
export async function probe(path: string): Promise<Probed> {
  // what fails while nobody reads any more is no news
  const input = new Input({ formats, source: new FilePathSource(path, { handleUnhandledError: () => undefined }) });
  const tooLong = new AbortController();
  try {
    return await Promise.race([
      look(input),
      delay(limitSeconds * 1000, undefined, { signal: tooLong.signal, ref: false }).then(() => {
        throw broken(`it was not understood within ${limitSeconds} s`);
      }),
    ]);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw broken("it is broken, or of a kind that is not known here", error);
  } finally {
    tooLong.abort();
    input.dispose();
  }
}
