/** German: voices, videos and clips. */
import type { MediaGrammar } from "./grammar.ts";

const length = "(?:(?<seconds>{n})(?:[- ]?(?:s|sek|sekunden?))(?:-langes|[- ]lang(?:es|en|er)?)? )?";
const make =
  "(?:mach|mache|erstelle?|rendere?|erzeuge?|dreh|drehe|produziere?|ich (?:möchte|will|hätte gern))(?: mir)?(?: bitte)?(?: ein(?:en)?| noch ein(?:en)?)? ";
const file = "(?:es|das|dies|(?:das|dieses|mein)(?: letzte| angehängte)? (?:bild|foto|video))";
const someone = `(?:sie|ihn|es|${file})`;

export const germanMedia: MediaGrammar = {
  language: "de",
  slow: "langsam(?:er)?",
  fast: "schnell(?:er)?",
  mine: "mich|mein(?:e|er)?|meine eigene",
  much: "viel|mehr|stark",
  little: "wenig(?:er)?|ein bisschen|leicht",
  options: [
    "(?:mit|in) (?:der )?stimme (?:von )?(?<voice>[\\p{L}\\p{N} ._-]{1,60}?)",
    "(?:mit|in) (?<voice>[\\p{L}\\p{N} ._-]{1,60}?)s stimme",
    "(?:etwas )?(?<how>langsam(?:er)?|schnell(?:er)?)",
    "als (?<format>mp3|wav|opus)(?:-datei)?",
    "(?<seconds>{n}) ?(?:s|sek|sekunden?)(?: lang)?",
    "(?:mit )?seed (?<seed>\\d{1,10})",
    "(?<captions>ohne) untertitel",
    "(?<still>ohne bewegung)",
    "(?:mit )?(?<much>viel|mehr) bewegung|(?:mit )?(?<little>wenig|weniger) bewegung",
  ],
  stages: { voice: "stimme|ton|sprache", picture: "bild|szene", motion: "bewegung|animation", lips: "lippen|mund" },
  frames: [
    {
      does: "revoke",
      is: "(?:ich )?(?:widerrufe?|ziehe) (?:meine |die )?(?:einwilligung|zustimmung) (?:für|zu|zur) (?:die |der )?(?:stimme )?(?:von )?(?<voice>.+?)(?: zurück)?",
    },
    { does: "revoke", is: "(?:lösche|lösch|entferne?|vergiss) (?:die |meine )?stimme (?:von |namens )?(?<voice>.+)" },
    { does: "show_voice", is: "(?:zeig|zeige)(?: mir)? (?:die )?stimme (?:von )?(?<voice>.+)" },
    {
      does: "clone",
      is: "(?:klon|klone|kopiere?|lerne) (?:(?<person>meine) stimme|(?:diese|die) (?:stimme|aufnahme)|die stimme (?:in|aus) (?:dieser|der) (?:datei|aufnahme))(?:,? (?:als|und nenne? sie|namens|unter dem namen) (?<name>[\\p{L}\\p{N} ._-]{1,60}?))?(?:,? (?:es ist|das ist|sie ist von|von) (?<person2>[\\p{L}\\p{N} .'’-]{1,80}?))?(?:[,;:]? (?:sie sagt|gesagt wird|wortlaut|text)[:,]? (?<text>.+))?",
    },
    { does: "grow", is: "(?:vergrößer|vergrößere|skaliere?)(?: das| dieses)? (?:video|clip|film)(?: (?:auf |um )?(?<scale>{times}))?" },
    { does: "lips", is: `(?:lass|lasse) (?<ref>${someone}) (?:das|dies|die aufnahme|dazu)? ?(?:sagen|sprechen|singen)` },
    { does: "picture_says", is: `(?:lass|lasse) (?<ref>${someone}) (?<text>.+) sagen` },
    {
      does: "clip",
      is: `${make}${length}(?:kurze[sn]? )?(?:clip|video|film) (?:von|mit) (?<object>.+?),? (?:der|die|das) (?<text>.+) sagt(?<rest>,.*)?`,
    },
    {
      does: "clip",
      is: `${make}${length}(?:kurze[sn]? )?(?:clip|video|film)(?:,)? in dem (?<object>.+?) (?<text>\\S+(?: \\S+)*?) sagt(?<rest>,.*)?`,
    },
    { does: "silent_clip", is: `${make}${length}(?:kurze[sn]? )?clip (?:von|mit) (?<object>.+)` },
    { does: "video", is: `${make}${length}(?:kurze[sn]? )?(?:video|animation|film) (?:von|mit|in dem) (?<object>.+)` },
    { does: "animate", is: `(?:animiere?|belebe?) (?<ref>${file})` },
    { does: "animate", is: "animiere? (?<ref>(?:den|die|das) [\\p{L}]+(?: [\\p{L}]+){0,2})" },
    {
      does: "animate",
      is: `(?:mach|mache) (?:aus )?(?<ref>${file.replace("(?:das|", "(?:dem|diesem|das|")}) (?:ein |zu einem )${length}(?:kurze[sn]? )?(?:video|film)(?: daraus)?|(?:mach|mache) (?:ein )(?:video) (?:daraus|davon)`,
    },
    {
      does: "redo",
      is: "(?:(?:mach|mache|sprich) (?:die |das |den )?(?<stage>{stage})(?: noch ?mal| neu)|(?<stage2>{stage}) (?:noch ?mal|neu))(?:[:,]? (?:sag|sage|mit):? (?<text>.+))?",
    },
    { does: "redo", is: "(?:sag|sprich) (?:es|das) (?:etwas )?(?<how>langsamer|schneller)|(?<how2>langsamer|schneller)" },
    { does: "redo", is: "(?:sag|sage) stattdessen:? (?<text>.+)" },
    {
      does: "redo",
      is: "(?:nimm|benutze?|mit) (?:die |der )?stimme (?:von )?(?<voice>[^,]+?)(?: stattdessen)?|(?:nimm|benutze?|mit) (?<voice2>[^ ,]+?)s stimme(?: stattdessen)?",
    },
    { does: "redo", is: "mach(?:e)? (?:den|das) (?:clip|video) (?<seconds>{n}) ?(?:s|sek|sekunden?)(?: lang)?" },
    { does: "redo", is: "(?<much>mehr) bewegung|(?<little>weniger) bewegung" },
    {
      does: "redo",
      is: "(?:der|das) ?(?:gleiche|selbe)(?: clip| video)?,? (?:aber|nur) (?<mod>.+)|(?:dasselbe|derselbe clip),? (?:aber|nur) (?<mod2>.+)",
    },
    {
      does: "speak",
      is: "(?:sag|sage|sprich|lies|lies vor|vorlesen)(?: (?:das|dies|folgendes))?:? (?<quoted>\\uE000\\d+\\uE001)(?: vor)?(?<rest>.*)",
    },
    { does: "speak", is: "(?:sag|sage|sprich|lies)(?: (?:das|dies|diesen text|folgendes))?(?: vor| laut)?: ?(?<text>.+)" },
    {
      does: "speak",
      is: "(?:sag|sage|sprich|lies) (?<text>[^:]+?) (?:mit|in) (?:der stimme (?:von )?(?<voice>[\\p{L}\\p{N} ._-]{1,60}?)|(?<voice2>[\\p{L}\\p{N}._-]{1,60}?)s stimme)(?<rest>,.*)?",
    },
  ],
};
