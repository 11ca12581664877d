/** What a sentence about voices, videos and clips makes: calls, or the one thing that is still to be said. */
import { sameName } from "../../../core/asset.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { Memory } from "../../memory/memory.ts";
import { newestFile } from "../../memory/newest.ts";
import { toNumber } from "../compile.ts";
import { takeOptions } from "../options.ts";
import { plainWords } from "../training/wish.ts";
import type { CompiledMedia } from "./compile.ts";
import { shownFile } from "./files.ts";
import type { MediaDoes } from "./grammar.ts";
import { fieldsOf, given, type MediaOptions, motions, takeMediaOptions } from "./options.ts";
import type { MediaMeaning, Said } from "./read.ts";

const one = (tool: string, input: JsonObject): MediaMeaning => ({ calls: [{ tool, input }] });

const hasVoice = (memory: Memory, name: string): boolean =>
  (memory.known ?? []).some((known) => known.kind === "voice" && sameName(known.name, name));

/** What is spoken, without the options behind it; a quotation is taken as it stands. */
function spoken(said: Said, media: CompiledMedia) {
  const { quoted, text = "", rest = "" } = said;
  if (quoted !== undefined) {
    const options = takeMediaOptions(rest, media, true);
    return options.rest.replace(/[\s,;:.!?]+/g, "") === "" ? { ...options, ...fieldsOf(said, media), rest: plainWords(quoted) } : undefined;
  }
  const options = takeMediaOptions(`${text}${rest}`, media);
  return { ...options, ...fieldsOf(said, media), rest: plainWords(options.rest) };
}

function speak(said: Said, memory: Memory, media: CompiledMedia): MediaMeaning {
  const options = spoken(said, media);
  if (!options?.rest) return undefined;
  const { rest: text, voice, speed, format, seed } = options;
  // "my voice" is one's own by whatever name
  const own = voice !== undefined && media.mine.test(voice) ? (memory.known ?? []).find(({ kind }) => kind === "voice")?.name : voice;
  return one("speak", given({ text, voice: own, speed, format, seed }));
}

function clone({ person, name, text }: Said, memory: Memory, media: CompiledMedia): MediaMeaning {
  const audio = newestFile(memory, ["sound", "video"]);
  if (audio === undefined)
    return {
      problem:
        "Attach the recording: 3 to 10 seconds or more of one person, without music. Then say: clone this voice as june, it is June Carter.",
    };
  const whose = person === undefined || /^(?:this|that|the|diese|die|esta|la)$/i.test(person) ? undefined : plainWords(person);
  if (whose === undefined)
    return {
      problem: `Whose voice is it? Nobody's is cloned without that. Say, for example: clone this voice as ${name ?? "june"}, it is June Carter. Or: clone my voice.`,
    };
  const mine = media.mine.test(whose);
  const called = name === undefined ? (mine ? "me" : (whose.split(/\s+/)[0] ?? whose).toLowerCase()) : plainWords(name);
  return one(
    "clone_voice",
    given({ name: called, audio, person: mine ? "me" : whose, transcript: text === undefined ? undefined : plainWords(text) }),
  );
}

const withoutRest = ({ rest: _rest, ...options }: MediaOptions): Omit<MediaOptions, "rest"> => options;

/** Speech at the end, the picture before it: options of both. */
function clip(said: Said, memory: Memory, media: CompiledMedia): MediaMeaning {
  // "no captions" is no word of the picture's
  const first = takeMediaOptions(`${said["text"] ?? ""}${said["rest"] ?? ""}`, media);
  const words = takeOptions(first.rest, media.language, false);
  const options = { ...takeMediaOptions(words.rest, media), ...withoutRest(first) };
  const script = plainWords(options.rest);
  if (!script) return undefined;
  const shown = takeOptions(plainWords(said["object"] ?? ""), media.language, false);
  const { voice, speed, captions, motion, seconds = fieldsOf(said, media).seconds } = options;
  const { aspect, model, loras } = { ...words.fields, ...shown.fields } as JsonObject;
  const picture = attachedPicture(shown.rest, memory);
  const seen = picture === undefined ? { prompt: shown.rest } : { picture };
  return one("make_clip", given({ script, ...seen, seconds, voice, speed, captions, motion, aspect, model, loras }));
}

/** "A clip of this photo saying hello", "of me": what is attached. */
function attachedPicture(object: string, memory: Memory): string | undefined {
  const points =
    /^(?:(?:this|that|the|my|dieses|das|mein|esta|esa|la|mi) (?:picture|photo|image|bild|foto|imagen)|this|that|it|me|her|him|mich|mir|eso|esto|mí)$/iu.test(
      object,
    );
  return points ? newestFile(memory, ["picture", "video"]) : undefined;
}

function video(said: Said, media: CompiledMedia): MediaMeaning {
  const options = takeMediaOptions(said["object"] ?? "", media);
  const { rest, fields } = takeOptions(options.rest, media.language, false);
  const again = takeMediaOptions(rest, media);
  if (media.language.empty.test(again.rest) || media.language.later.test(` ${again.rest}`)) return undefined;
  const { seconds = again.seconds ?? fieldsOf(said, media).seconds, motion = again.motion, seed = again.seed } = options;
  return one("render_video", given({ ...fields, ...given({ seed }), prompt: plainWords(again.rest), seconds, motion }));
}

function animate(said: Said, memory: Memory, media: CompiledMedia): MediaMeaning {
  const { seconds } = fieldsOf(said, media);
  const { mod } = said;
  const motion = mod === undefined ? undefined : media.much.test(mod) ? motions.much : motions.little;
  // what moves already is to move more, or less
  const moving = motion === undefined || memory.attachments.length > 0 ? undefined : memory.jobs.at(-1);
  if (moving && ["make_clip", "render_video"].includes(moving.tool))
    return one("reroll_job", given({ job_id: moving.id, motion, seconds }));
  const file = shownFile(said["ref"], memory, ["picture"]);
  if ("problem" in file) return file;
  return one("render_video", given({ image: file.found, seconds, motion }));
}

function grow({ scale }: Said, memory: Memory, media: CompiledMedia): MediaMeaning {
  const file = newestFile(memory, ["video"]);
  if (file === undefined) return { problem: "There is no video here yet. Attach one, or ask for one first." };
  return one("upscale_video", given({ video: file, scale: scale === undefined ? undefined : toNumber(scale, media.language) }));
}

function lips({ ref }: Said, memory: Memory): MediaMeaning {
  const sound = newestFile(memory, ["sound"]);
  const face = shownFile(ref, memory, ["picture", "video"]);
  if (sound === undefined)
    return { problem: 'Attach the recording that is to be spoken, or say the words: make this picture say "hello".' };
  return "problem" in face ? face : one("lip_sync", { face: face.found, audio: sound });
}

function pictureSays(said: Said, memory: Memory, media: CompiledMedia): MediaMeaning {
  const options = takeMediaOptions(said["text"] ?? "", media);
  const face = shownFile(said["ref"], memory, ["picture", "video"]);
  if ("problem" in face) return face;
  const { voice, speed, captions, motion, seconds } = options;
  return one("make_clip", given({ script: plainWords(options.rest), picture: face.found, voice, speed, captions, motion, seconds }));
}

export function makes(does: MediaDoes, said: Said, memory: Memory, media: CompiledMedia): MediaMeaning {
  const voice = plainWords(said["voice"] ?? "");
  if (does === "speak") return speak(said, memory, media);
  if (does === "clone") return clone(said, memory, media);
  if (does === "clip") return clip(said, memory, media);
  if (does === "silent_clip")
    return {
      problem: `What is to be said in it? Say, for example: a clip of ${plainWords(said["object"] ?? "")} saying "hello". Without speech: a video of it.`,
    };
  if (does === "video") return video(said, media);
  if (does === "animate") return animate(said, memory, media);
  if (does === "grow") return grow(said, memory, media);
  if (does === "lips") return lips(said, memory);
  if (does === "picture_says") return pictureSays(said, memory, media);
  if (does === "show_voice") return hasVoice(memory, voice) ? one("edit_voice", { voice }) : undefined;
  // another thing of this name is deleted by its own sentence
  return hasVoice(memory, voice) ? one("delete_asset", { asset: voice, kind: "voice" }) : undefined;
}
