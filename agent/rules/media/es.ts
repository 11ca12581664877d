/** Spanish: voices, videos and clips. */
import type { MediaGrammar } from "./grammar.ts";

const length = "(?: de (?<seconds>{n}) ?(?:s|seg|segundos?))?";
const make = "(?:haz|hazme|crea|créame|genera|graba|quiero|quisiera|dame)(?: un| otro)? ";
const file = "(?:eso|esto|(?:esa|esta|la|mi) (?:última )?(?:imagen|foto)|(?:ese|este|el) (?:vídeo|video))";
const someone = `(?:${file})`;

export const spanishMedia: MediaGrammar = {
  language: "es",
  slow: "(?:más )?(?:despacio|lento)",
  fast: "(?:más )?(?:rápido|deprisa)",
  mine: "mí|mi|mía",
  much: "mucho|más",
  little: "poco|menos|un poco",
  options: [
    "con la voz de (?<voice>[\\p{L}\\p{N} ._-]{1,60}?)",
    "(?<how>(?:más )?(?:despacio|lento|rápido|deprisa))",
    "(?:como|en) (?<format>mp3|wav|opus)",
    "(?:de )?(?<seconds>{n}) ?(?:s|seg|segundos?)",
    "(?:con )?(?:la )?(?:semilla|seed) (?<seed>\\d{1,10})",
    "(?<captions>sin) subtítulos",
    "(?<still>sin movimiento)",
    "con (?<much>mucho|más) movimiento|con (?<little>poco|menos) movimiento",
  ],
  stages: { voice: "voz|sonido", picture: "imagen|escena", motion: "movimiento|animación", lips: "labios|boca" },
  frames: [
    { does: "revoke", is: "(?:revoco|retiro) (?:mi |el )?consentimiento (?:para|de|a) (?:la voz (?:de )?)?(?<voice>.+)" },
    { does: "revoke", is: "(?:borra|elimina|olvida) la voz (?:de )?(?<voice>.+)" },
    { does: "show_voice", is: "(?:muestra|muéstrame|enséñame) la voz (?:de )?(?<voice>.+)" },
    {
      does: "clone",
      is: "(?:clona|copia|imita) (?:(?<person>mi) voz|(?:esta|la) (?:voz|grabación))(?:,? (?:como|y llámala|con el nombre) (?<name>[\\p{L}\\p{N} ._-]{1,60}?))?(?:,? (?:es|es de|de) (?<person2>[\\p{L}\\p{N} .'’-]{1,80}?))?(?:[,;:]? (?:dice|texto)[:,]? (?<text>.+))?",
    },
    { does: "grow", is: "(?:amplía|agranda|aumenta)(?: el| este| ese)? (?:vídeo|video|clip)(?: (?<scale>{times}))?" },
    { does: "lips", is: `(?:haz que) (?<ref>${someone}) (?:hable|diga esto|cante)(?: con (?:esta|la) grabación)?` },
    { does: "picture_says", is: `(?:haz que) (?<ref>${someone}) diga:? (?<text>.+)` },
    {
      does: "clip",
      is: `${make}(?:clip|vídeo|video)${length} (?:de|con|en el que) (?<object>.+?),? (?:que dice|diciendo|dice|diga):? (?<text>.+)`,
    },
    { does: "silent_clip", is: `${make}clip${length} (?:de|con) (?<object>.+)` },
    { does: "video", is: `${make}(?:vídeo|video|animación)${length} (?:de|con|en el que) (?<object>.+)` },
    { does: "animate", is: `(?:anima|dale vida a) (?<ref>${file})|(?:convierte) (?<ref2>${file}) en un (?:vídeo|video)` },
    { does: "animate", is: "anima (?<ref>(?:el|la) [\\p{L}]+(?: [\\p{L}]+){0,2})" },
    { does: "redo", is: "(?:rehaz|repite|haz otra vez) (?:la |el |los )?(?<stage>{stage})(?:[:,]? (?:di|con):? (?<text>.+))?" },
    { does: "redo", is: "(?:dilo )(?<how>(?:más )?(?:despacio|lento|rápido|deprisa))|(?<how2>más (?:despacio|lento|rápido|deprisa))" },
    { does: "redo", is: "(?:mejor )?di:? (?<text>.+) en su lugar" },
    { does: "redo", is: "(?:usa|con) la voz de (?<voice>[^,]+)" },
    { does: "redo", is: "haz (?:el|ese|este) (?:clip|vídeo|video) de (?<seconds>{n}) ?(?:s|seg|segundos?)" },
    { does: "redo", is: "(?<much>más) movimiento|(?<little>menos) movimiento" },
    { does: "redo", is: "(?:el mismo clip|el mismo vídeo|lo mismo),? pero (?<mod>.+)" },
    { does: "speak", is: "(?:di|lee|habla)(?: (?:esto|lo siguiente))?(?: en voz alta)?:? (?<quoted>\\uE000\\d+\\uE001)(?<rest>.*)" },
    { does: "speak", is: "(?:di|lee)(?: (?:esto|este texto))?(?: en voz alta)?: ?(?<text>.+)" },
    { does: "speak", is: "(?:di|lee) (?<text>[^:]+?) con la voz de (?<voice>[\\p{L}\\p{N} ._-]{1,60}?)(?<rest>,.*)?" },
  ],
};
