/** What is said behind a comma of speech, a video or a clip (", in june's voice, slowly, 5 seconds"), taken off piece by piece. */
import type { JsonObject } from "../../../core/json.ts";
import { toNumber } from "../compile.ts";
import { plainWords } from "../training/wish.ts";
import type { CompiledMedia } from "./compile.ts";

export interface MediaOptions {
  rest: string;
  voice?: string;
  speed?: number;
  format?: string;
  /** Only speech takes it; a picture has its own. */
  seed?: number;
  seconds?: number;
  captions?: false;
  /** 1 to 10; 0 = a still picture. */
  motion?: number;
}

const speeds = { slow: 0.8, fast: 1.25 } as const;
export const motions = { much: 8, little: 3 } as const;

type Groups = Record<string, string | undefined>;

export function groupsOf(found: RegExpExecArray | null): Groups {
  const groups: Groups = {};
  for (const [name, text] of Object.entries(found?.groups ?? {})) if (text !== undefined) groups[name.replace(/\d+$/, "")] ??= text;
  return groups;
}

/** Fields that these groups say. */
export function fieldsOf(groups: Groups, { slow, language }: CompiledMedia): Omit<MediaOptions, "rest"> {
  const { voice, how, format, seed, seconds, captions, still, much, little } = groups;
  const length = seconds === undefined ? undefined : toNumber(seconds, language);
  return {
    ...(voice ? { voice: plainWords(voice) } : {}),
    ...(how ? { speed: slow.test(how) ? speeds.slow : speeds.fast } : {}),
    ...(format ? { format: format.toLowerCase() } : {}),
    ...(seed ? { seed: Number(seed) } : {}),
    ...(length === undefined ? {} : { seconds: length }),
    ...(captions ? { captions: false as const } : {}),
    ...(still ? { motion: 0 } : much ? { motion: motions.much } : little ? { motion: motions.little } : {}),
  };
}

const most = 8;

/** @param whole also take a text that is nothing but options. */
export function takeMediaOptions(text: string, media: CompiledMedia, whole = false): MediaOptions {
  let taken: MediaOptions = { rest: text };
  for (let turn = 0; turn < most; turn++) {
    const found = media.options.map((option) => option.exec(taken.rest)).find((one) => one !== null && (whole || one.index > 0));
    if (!found) break;
    taken = { ...fieldsOf(groupsOf(found), media), ...taken, rest: taken.rest.slice(0, found.index).replace(/[\s,;:]+$/, "") };
  }
  return taken;
}

/** Without what is undefined. */
export const given = (fields: Record<string, unknown>): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== "")) as JsonObject;
