/** A video, a clip or speech asked for in looser words than the rules know. What is spoken is a quotation, or words that the model finds in the request. */
import type { JsonObject } from "../../core/json.ts";
import type { Clause } from "../rules/clauses.ts";
import { type Compiled, toNumber } from "../rules/compile.ts";
import { type CompiledMedia, mediaLanguages } from "../rules/media/compile.ts";
import { given, takeMediaOptions } from "../rules/media/options.ts";
import { takeOptions } from "../rules/options.ts";
import type { ReadCall } from "../rules/reading.ts";
import { type Reader, readerOf } from "./signs.ts";

interface Signs {
  video: string;
  clip: string;
  /** Groups `object`, `text`: who is seen, and what is said. */
  says: string;
  verb: string;
}

const signs: Record<string, Signs> = {
  en: {
    video:
      "(?:(?<seconds>{n})[- ]?(?:s|secs?|seconds?)(?:[- ]long)? )?(?:(?:short|little|small|nice|quick) )*(?:video|animation|film|movie)(?: clip)?",
    clip: "(?:(?<seconds>{n})[- ]?(?:s|secs?|seconds?)(?:[- ]long)? )?(?:(?:short|little|small|nice|quick) )*(?:clip|video|film)",
    says: "(?<object>.+?),? (?:(?:who |that )?(?:says|is saying)|saying):? (?<text>.+)",
    verb: "say|speak|read(?: out)?(?: aloud)?|narrate",
  },
  de: {
    video:
      "(?:(?<seconds>{n})[- ]?(?:s|sek\\.?|sekunden) ?(?:langes |langen |lange )?)?(?:(?:kurze[sn]?|kleine[sn]?|schöne[sn]?) )*(?:video|animation|film)",
    clip: "(?:(?<seconds>{n})[- ]?(?:s|sek\\.?|sekunden) ?(?:langes |langen |lange )?)?(?:(?:kurze[sn]?|kleine[sn]?|schöne[sn]?) )*(?:clip|video|film)",
    says: "(?<object>.+?),? (?:der|die|das|und) (?:sagt:? (?<text>.+)|(?<text2>.+) sagt)",
    verb: "sag(?:e|en|st)?|sprich|sprechen|lies(?: vor)?|vorlesen",
  },
  es: {
    video: "(?:(?:corto|pequeño|breve|bonito) )*(?:v[ií]deo|animación|película)(?: corto)?(?: de (?<seconds>{n}) segundos?)?",
    clip: "(?:(?:corto|pequeño|breve|bonito) )*(?:clip|v[ií]deo)(?: corto)?(?: de (?<seconds>{n}) segundos?)?",
    says: "(?<object>.+?),? (?:(?:que |y que )(?:dice|diga)|diciendo):? (?<text>.+)",
    verb: "di|diga|decir|lee|leer|pronuncia(?:r)?",
  },
};

interface MediaReader extends CompiledMedia {
  reader: Reader;
  video: RegExp;
  clip: RegExp;
  says: RegExp;
  speak: RegExp;
}

function readerFor(media: CompiledMedia): MediaReader[] {
  const { language } = media;
  const own = signs[language.grammar.language];
  const reader = readerOf(language);
  if (!own || !reader) return [];
  const noun = (words: string) =>
    language.phrase(`(?<![\\p{L}\\d])(?:{a}) (?:${words}),? (?:{of}|with|where|mit|wo|con|donde) (?<object>.+)`);
  return [
    {
      ...{ ...media, reader, video: noun(own.video), clip: noun(own.clip) },
      says: language.phrase(`^(?:${own.says})$`),
      // what is spoken stands between quotation marks: looser words have no other end
      speak: language.phrase(`(?<![\\p{L}\\d])(?:${own.verb})(?: [\\p{L}]+){0,3}:? (?<text>\\uE000\\d+\\uE001)(?<rest>.*)$`),
    },
  ];
}

let readers: MediaReader[] | undefined;

/** Whether somebody asks for it, here and now. @param before the words before it. */
function asked({ reader, language }: MediaReader, before: string, { text, question }: Clause): boolean {
  if (reader.neverBeside.test(before) || language.past.test(` ${before}`)) return false;
  return reader.wish.test(before.trimEnd()) && (!question || reader.asks.test(text));
}

function seen(media: MediaReader, clause: Clause, words: string, fields: JsonObject): ReadCall | undefined {
  const { language, reader } = media;
  const found = media.clip.exec(words) ?? media.video.exec(words);
  const object = found?.groups?.["object"];
  if (!found || !object || !asked(media, words.slice(0, found.index + 1), clause)) return undefined;
  if (language.empty.test(object) || language.idiom.test(object)) return undefined;
  const { groups = {} } = found;
  const seconds = groups["seconds"] === undefined ? undefined : toNumber(groups["seconds"], language);
  const spoken = media.says.exec(object)?.groups;
  const shown = spoken?.["object"] ?? object;
  // "a video of my dog was stolen" is told
  if (reader.neverBeside.test(shown) || language.finite.test(` ${shown}`) || language.later.test(` ${object}`)) return undefined;
  const input = given({ seconds, ...fields });
  if (spoken) return { tool: "make_clip", input, open: { request: words, usable: object, fields: ["prompt"] } };
  // a clip without words is asked back by the rules
  if (!media.video.test(words)) return undefined;
  return { tool: "render_video", input, open: { request: words, usable: object, fields: ["prompt"] } };
}

function speech(media: MediaReader, clause: Clause): ReadCall | undefined {
  const found = media.speak.exec(clause.text);
  const { text, rest = "" } = found?.groups ?? {};
  if (!found || text === undefined) return undefined;
  const before = clause.text.slice(0, found.index);
  if (!asked(media, before, clause) || media.reader.draws.test(before)) return undefined;
  const plain = rest.replace(media.language.tail, "").trim();
  const { voice, speed, format, rest: left } = takeMediaOptions(plain, media, true);
  if (left.replace(/[\s,;.!?]+/g, "") !== "") return undefined;
  return { tool: "speak", input: given({ text, voice, speed, format }), quoted: "text" };
}

export function looseMedia(clause: Clause, language: Compiled): ReadCall | undefined {
  readers ??= mediaLanguages.flatMap(readerFor);
  const media = readers.find((one) => one.language === language);
  if (!media) return undefined;
  const said = speech(media, clause);
  if (said) return said;
  const { rest, seconds, motion, voice, captions, speed } = takeMediaOptions(clause.text, media);
  const { rest: words, fields } = takeOptions(rest, language, false);
  const { aspect } = fields as JsonObject;
  const plain = words.replace(media.reader.harmless, " ").replace(/\s+/g, " ").trim();
  const call = seen(media, clause, plain, given({ aspect, seconds, motion }));
  if (call?.tool !== "make_clip") return voice === undefined && captions === undefined && speed === undefined ? call : undefined;
  return { ...call, input: { ...call.input, ...given({ voice, captions, speed }) } };
}
