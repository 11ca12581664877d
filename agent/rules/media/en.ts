/** English: voices, videos and clips. */
import type { MediaGrammar } from "./grammar.ts";

const length = "(?:(?<seconds>{n})(?:[- ]?(?:s|secs?|seconds?))(?:[- ]long)? )?";
const make = "(?:make|create|render|generate|produce|film|shoot|give me|i (?:want|need|would like)|i['’]d like)(?: me)?(?: an?| another)? ";
const file = "(?:it|that|this|(?:that|this|the|my)(?: last| attached| second| first)? (?:picture|image|photo|drawing|video|clip|one))";
const someone = `(?:her|him|them|${file})`;
const verb = "(?:say|speak|read(?: out)?(?: aloud)?|narrate|pronounce)";
const says = "(?:(?:who |that )?(?:says|is saying|speaks)|saying|speaking)(?: that)?(?: the words)?";

export const englishMedia: MediaGrammar = {
  language: "en",
  slow: "slow(?:ly|er)?|more slowly",
  fast: "fast(?:er)?|quick(?:ly|er)?|more quickly",
  mine: "me|my(?:self)?|mine|my own(?: voice)?",
  much: "a lot|more|much|wildly|lots",
  little: "a (?:little|bit)|slightly|less|gently",
  options: [
    "(?:in|with) (?:the voice (?:of )?)?(?<voice>[\\p{L}\\p{N} ._-]{1,60}?)(?:['’]s? voice|(?<=voice of .{1,60}))",
    "(?:spoken )?(?:a (?:bit|little) )?(?<how>slow(?:ly|er)?|more slowly|fast(?:er)?|quick(?:ly|er)?)",
    "as (?:an? )?(?<format>mp3|wav|opus)(?: file)?",
    "(?<seconds>{n})[- ]?(?:s|secs?|seconds?)(?: long)?",
    "(?:with )?seed (?<seed>\\d{1,10})",
    "(?:with )?(?<captions>no|without) (?:captions|subtitles)",
    "(?:with )?(?<still>no motion)|(?<still2>still)",
    "(?:with )?(?<much>lots? of|much|more) (?:motion|movement)|(?:with )?(?<little>little|less) (?:motion|movement)",
  ],
  stages: {
    voice: "voice|speech|sound|audio",
    picture: "picture|image|scene",
    motion: "motion|movement|animation",
    lips: "lips|mouth|lip[- ]?sync",
  },
  frames: [
    {
      does: "revoke",
      is: "(?:i )?(?:revoke|withdraw|take back) (?:my |the )?consent (?:for|of|to|on)(?: the voice(?: of| called)?)? (?<voice>.+?)(?:['’]s voice)?",
    },
    {
      does: "revoke",
      is: "(?:delete|remove|erase|forget) (?:the |my )?voice (?:of |called |named )?(?<voice>.+)|(?:delete|remove|erase|forget) (?<voice2>.+)['’]s voice",
    },
    { does: "show_voice", is: "(?:show|tell)(?: me)? (?:the voice (?:of |called )?(?<voice>.+)|(?<voice2>.+)['’]s voice)" },
    {
      does: "clone",
      is: "(?:clone|copy|imitate|learn) (?:(?!this|that|the)(?<person>\\S+?)(?:['’]s)? voice|(?:this|that|the) (?:voice|recording)|(?:the )?voice (?:in|from|of) (?:this|that)(?: (?:file|recording|video))?)(?: from (?:this|that)(?: (?:file|recording|video))?)?(?:,? (?:as|(?:and )?call(?:ed)?(?: it)?|under the name|named) (?<name>[\\p{L}\\p{N} ._-]{1,60}?))?(?:,? (?:it['’]?s|it is|this is|that['’]?s|that is|the voice is|of|from) (?<person2>[\\p{L}\\p{N} .'’-]{1,80}?)(?:['’]s voice)?)?(?:[,;:]? (?:it says|transcript|the words are|what is said(?: is)?)[:,]? (?<text>.+))?",
    },
    {
      does: "grow",
      is: `(?:upscale|enlarge|blow up|scale up)(?: the| that| this)? (?:video|clip|movie)(?: (?:to |by |at )?(?<scale>{times}))?`,
    },
    {
      does: "lips",
      is: `(?:make|let|have) (?<ref>${someone}) (?:speak|say|talk|sing)(?: (?:this|that|it|along|with (?:this|that)|(?:the|this|that|my) (?:recording|audio|sound|file)))?`,
    },
    {
      does: "lips",
      is: `lip[- ]?sync (?<ref>${someone})(?: (?:to|with) (?:this|that|it|(?:the|this|that|my) (?:recording|audio|sound|speech|file)))?`,
    },
    { does: "picture_says", is: `(?:make|let|have) (?<ref>${someone}) (?:say|speak|tell(?: us)?|announce)(?: the words)?:? (?<text>.+)` },
    {
      does: "clip",
      is: `${make}${length}(?:short )?(?:clip|video|film|movie|talking video) (?:of|with|where|in which|showing) (?<object>.+?),? ${says}:? (?<text>.+)`,
    },
    {
      does: "clip",
      is: `${make}${length}(?:short )?(?:clip|video|film) (?:of|with) (?<object>.+?) (?:that |who )?(?:with the words|and (?:the )?words)[: ]+(?<text>.+)`,
    },
    { does: "silent_clip", is: `${make}${length}(?:short )?(?:talking )?clip (?:of|with|showing) (?<object>.+)` },
    {
      does: "video",
      is: `${make}${length}(?:short )?(?:video|animation|film|movie)(?: clip)? (?:of|with|where|in which|showing) (?<object>.+)`,
    },
    { does: "animate", is: `(?:animate|bring to life|bring) (?<ref>${file})(?: to life)?` },
    { does: "animate", is: "animate (?<ref>the [\\p{L}]+(?: [\\p{L}]+){0,3})" },
    {
      does: "animate",
      is: `(?:make|let) (?<ref>${file}) (?:move|come alive)(?: (?<mod>a lot|more|a (?:little|bit)|slightly|wildly|gently))?`,
    },
    {
      does: "animate",
      is: `(?:turn|make|convert) (?<ref>${file}) (?:into|to) (?:an? )?${length}(?:short )?(?:video|animation|film|moving picture)`,
    },
    {
      does: "redo",
      is: "(?:(?:re-?do|do|make|record) (?:the |its )?(?<stage>{stage})(?: again| over)?|again with another (?<stage2>{stage})|another (?<stage3>voice|take))(?:[:,]? (?:and )?(?:(?:say|with(?: the words)?):? (?<text>.+?)(?: instead)?|(?<how>slow(?:ly|er)?|fast(?:er)?)|with (?<mod>.+)))?",
    },
    {
      does: "redo",
      is: "(?:say|speak) (?:it |that )(?:again )?(?:a (?:bit|little) )?(?<how>slow(?:ly|er)|more slowly|fast(?:er)?|quick(?:ly|er))|(?<how2>slower|faster)",
    },
    { does: "redo", is: "(?:say|let (?:her|him|it|them) say|make (?:her|him|it|them) say):? (?<text>.+?) instead" },
    {
      does: "redo",
      is: "(?:use|take|with|in) (?:the voice (?:of )?(?<voice>[^,]+?)|(?<voice2>[^,]+?)['’]s? voice)(?: instead| for (?:it|that|the clip))?",
    },
    { does: "redo", is: `make (?:the|that|this) (?:clip|video) ${"(?<seconds>{n})[- ]?(?:s|secs?|seconds?)"}(?: long)?` },
    { does: "redo", is: "(?<much>more) (?:motion|movement)|(?<little>less) (?:motion|movement)" },
    { does: "redo", is: "(?:the )?same(?: clip| video)?,? (?:but )?(?<mod>.+)" },
    {
      does: "speak",
      is: `${verb}(?: (?:this|the following|these words))?(?: aloud| out loud)?(?: (?<how>slowly|fast|quickly))?:? (?<quoted>\\uE000\\d+\\uE001)(?<rest>.*)`,
    },
    {
      does: "speak",
      is: `${verb}(?: (?:this|the following|these words|this text|the text))?(?: aloud| out loud)?(?: (?<how>slowly|fast|quickly))?: ?(?<text>.+)`,
    },
    {
      does: "speak",
      is: `${verb}(?: aloud)? (?!,|it\\b|that\\b)(?<text>[^:]+?) (?:in|with) (?:the voice (?:of )?(?<voice>[\\p{L}\\p{N} ._-]{1,60}?)|(?<voice2>[\\p{L}\\p{N} ._-]{1,60}?)['’]s? voice)(?<rest>,.*)?`,
    },
  ],
};
