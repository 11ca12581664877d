/** By what a wish for a new picture is known where the rules cannot place every word of it. Any sign of another meaning, and it is none. */
import type { Compiled } from "../rules/compile.ts";

interface Signs {
  /** What would else look like a condition, a denial or a statement. */
  harmless: string;
  /** Somebody asks for something here and now. */
  wish: string;
  /** What a drawing verb stands after where it is a command, and what its object begins with. */
  before: string;
  begins: string;
  /** After a wish: forms of the verb that are no commands. */
  form: string;
  /** Other meanings: denials, cases, other times, talk about drawing, things done to pictures that exist, what no tool makes. */
  never: string;
  /** Ends the search for a wish in questions: only these ask by a question. */
  asks: string;
  /** What the picture must not show. */
  lacks: string;
}

const signs: Record<string, Signs> = {
  en: {
    harmless:
      "if (?:it['’]?s|it is|that['’]?s) (?:not (?:too much|a) (?:trouble|bother)|possible|ok(?:ay)?|alright)|if you (?:don['’]?t mind|please|would|can|like)|if you (?:have|get|find) (?:a|the|some) (?:minute|moment|second|chance|time)|why don['’]?t you|you know what|(?:can|could|would|will) you(?: please)? do (?:that|this|it|one)(?: for (?:me|us))?",
    wish: "please|pls|plz|kindly|wants?|needs?|wish(?:es)?|would (?:\\S+ )?(?:like|love|enjoy|appreciate)|['’]d (?:\\S+ )?(?:like|love)|fanc(?:y|ies)|crav(?:e|es|ing)|longing for|in (?:want|need) of|time for|in the mood for|(?:trouble|bother|ask|asking|asks|beg|hoping|hope|wishing) (?:you )?for|(?:treat|surprise|hit|bless|delight) (?:me|us) (?:to|with)|go(?:ing)? (?:ahead )?(?:with|for)|your (?:hand|luck) (?:at|with)|have a (?:go|stab|shot|crack)(?: at)?|give (?:\\S+ )?a (?:go|try)|beg(?:s|ging)? (?:you )?for|(?:start|begin) with|favou?r|see to it|make (?:my|her|his|our|their) day|so (?:kind|nice|good)|a dear|an angel|(?:can|could|will|would|may|might) (?:you|i|we)|let['’]?s|next (?:on|up|is|one)|task|assignment|(?:^|[,:] ?)(?:get|give|make|do|create|generate|produce|show|bring|fetch|conjure|cook|knock|dream|throw|dash)",
    before: "(?:^|[,;–-] ?|\\b(?:please|pls|so|kindly|just|maybe|you|now|and|then|let['’]?s) )",
    begins: "(?:a|an|the|some|my|our|his|her|their|another|two|three|four|five|six|seven|eight|\\d+) ",
    form: "(?:at|about|mind|consider|try|start) {drawing}|(?:kind|good|nice|dear|angel|pleased|like you|want you|need you)(?: as)? to (?:{draw})",
    never:
      "not|translate|spell|repeat|type|[\\p{L}]+n['’]t|cant|dont|never|nobody|nothing|no (?:longer|more|need)|stop|forget|remember|if|unless|until|when|whether|back|to (?:own|possess)|you (?:own|have|see|find|spot|like|want)|{cancel}|{upscale}|{other}|said|says?|saying|told|tells?|tell|wrote|writes?|write|written|read(?: out)?|called|asked (?:me|him|her|us|them|you|if|to)|explain|describe|discuss|talk|send|mail|e-?mail|post|upload|download|share|print|frame|hang|put|stick|delete|remove|erase|crop|move|save|rename|buy|sells?|sold|costs?|price|pay|worth|took|take|taken|stolen|find|found|search|google|yesterday|tomorrow|later|someday|soon|tonight|know|think|believe|wonder|who|whose|why|how|where can|which|what (?:would|is|was|does|do|did|are)|without (?:drawing|making|asking)|did|had|was|were|has|have (?:drawn|painted|made|been)|wanted|needed|wished|used to|could have|should|(?:do|are|have|am) (?:you|i|we|they)|(?:joke|story|song|question|talk|opinion|idea)s? (?:about|on|of)|in the style of|as well as|better|worse|jobs?|models?|loras?|queue|same|again|picture (?:it|this|that)|of (?:you|me|him|her|it|them|us)(?:$|[ ,.?])",
    asks: "(?:can|could|will|would|may|might) (?:you|i|we)|any chance",
    lacks: "without|no|avoid|except|minus",
  },
  de: {
    harmless: "wenn (?:es|das) (?:keine (?:mühe|umstände) macht|geht|möglich ist)|wenn du (?:magst|kannst|willst|so lieb bist)",
    wish: "bitte|wünsch(?:e|t|en)|brauch(?:e|st|t|en)?|bräuchten?|hätten?|möchten?|gerne?|will|wollen|wie wäre|lust auf|zeit für|fehlt (?:mir|uns)|(?:kannst|könntest|würdest|könnt|könntet) (?:du|ihr)|(?:können|könnten|würden) sie|so (?:lieb|nett|gut|freundlich)|(?:^|[,:] ?)(?:mach|gib|zeig|erstell|zauber|bastel)e?",
    before: "(?:^|[,;–-] ?|\\b(?:bitte|und|dann|so|doch|mal|jetzt|also) )",
    begins: "(?:ein|eine|einen|den|die|das|meinen?|unseren?|noch ein|noch eine|noch einen|zwei|drei|vier|fünf|sechs|sieben|acht|\\d+) ",
    form: "(?!)",
    never:
      "nicht|nichts|übersetz\\w*|wiederhol\\w*|kein\\w*|nie|niemals|niemand|wenn|falls|ob|bis|sobald|warum|wieso|wann|wer|wessen|wie (?:malt|zeichnet|macht|geht|viel|lange|oft)|was|welche\\w*|kostet|kosten|preis|schick\\w*|send\\w*|poste\\w*|teile|lösch\\w*|entfern\\w*|häng\\w*|druck\\w*|speicher\\w*|besitz\\w*|kauf\\w*|verkauf\\w*|such\\w*|find\\w*|gestern|morgen früh|später|irgendwann|bald|erklär\\w*|beschreib\\w*|schreib\\w*|erzähl\\w*|sag\\w*|heißt|weiß|wissen|denk\\w*|glaub\\w*|erinner\\w*|vergiss\\w*|besser|schlechter|hatte\\w*|wollte\\w*|war|waren|wurde\\w*|gemalt|gezeichnet|{cancel}|{upscale}|{upscaled}|{other}|jobs?|aufträge?|nochmals?|von (?:dir|mir|ihm|ihr|uns|euch)",
    asks: "(?:kannst|könntest|würdest|magst|könnt|könntet) (?:du|ihr)|(?:können|könnten|würden) sie|wie wäre",
    lacks: "ohne|keine?",
  },
  es: {
    harmless: "si (?:no es (?:molestia|mucha molestia)|puedes|es posible|te parece)",
    wish: "por favor|porfa|quier(?:o|e|en|emos)|quisier(?:a|amos)|querría|necesit(?:o|a|amos|an)|deseo|(?:me|nos|le|les) (?:encantaría|gustaría|vendría bien|hace falta|apetece)|ganas de|hora de|favor|qué tal|(?:puedes|podrías|puede|podría|te importaría)|(?:^|[,:] ?)(?:haz|crea|genera|dame|danos|muestra|prepara)\\w*",
    before: "(?:^|[,;–-] ?|\\b(?:por favor|y|entonces|pues|ahora|venga|anda) )",
    begins: "(?:un|una|unos|unas|el|la|los|las|mi|nuestr[oa]|otr[oa]|dos|tres|cuatro|cinco|seis|siete|ocho|\\d+) ",
    form: "(?:favor|amable|gustaría|encantaría|importaría|puedes|podrías|bondad) ?(?:de |que )?(?:{drawn})",
    never:
      "no|traduc\\w*|repite|nadie|nada|ni|si|cuando|hasta|aunque|por qué|cómo|quién|cuál|cuánto|qué (?:es|cuesta|vale)|cuesta|precio|env[ií]a\\w*|manda\\w*|publica\\w*|sube|comparte|imprime|cuelga|pon|borra\\w*|elimina\\w*|quita\\w*|guarda\\w*|compra\\w*|vende\\w*|busca\\w*|encuentra\\w*|ayer|mañana por|luego|más tarde|algún día|pronto|explica\\w*|describe|escrib\\w*|cuenta|cuéntame|di(?:me|jo|ce|cen)?|saber|sé|creo|piensa\\w*|recuerda\\w*|olvida\\w*|mejor|peor|quería|hizo|hice|fue|era|dibujó|pintó|{cancel}|{upscale}|{upscaled}|{other}|trabajos?|otra vez|de nuevo|de (?:ti|mí|él|ella|nosotros)",
    asks: "(?:me )?(?:puedes|podrías|puede|podría|te importaría)|qué tal",
    lacks: "sin",
  },
};

export interface Reader {
  harmless: RegExp;
  wish: RegExp;
  never: RegExp;
  /** The same where pictures are not all that is meant. */
  neverBeside: RegExp;
  /** Words of drawing, or of pictures. */
  draws: RegExp;
  asks: RegExp;
  lacks: RegExp;
  /** `… draw a kitten`: groups `object`. */
  verb: RegExp;
  /** `… a picture of a kitten`: groups `count`, `object`. */
  noun: RegExp;
}

const word = (pattern: string) => `(?<![\\p{L}\\d])(?:${pattern})(?![\\p{L}\\d])`;

function reader(signs: Signs, language: Compiled): Reader {
  const { phrase } = language;
  return {
    harmless: new RegExp(phrase(word(signs.harmless)).source, "giu"),
    wish: phrase(word(signs.wish)),
    never: phrase(word(signs.never)),
    neverBeside: phrase(word(signs.never.replace("{other}|", ""))),
    draws: phrase(word("{draw}|{picture}|{medium}")),
    asks: phrase(word(signs.asks)),
    lacks: phrase(word(signs.lacks)),
    verb: phrase(`(?:${signs.before}(?:{draw})|(?:${signs.form}))(?: {me})? (?<object>${signs.begins}.+)`),
    noun: phrase(
      `(?<![\\p{L}\\d])(?:(?<count>{n})|{a}) (?:(?:{filler}) )*(?:(?:{style}) )?(?:{picture}|{medium}),? (?:{of}) (?<object>.+)`,
    ),
  };
}

const readers = new Map<string, Reader>();

export function readerOf(language: Compiled): Reader | undefined {
  const name = language.grammar.language;
  const known = readers.get(name);
  const own = signs[name];
  if (known || !own) return known;
  const made = reader(own, language);
  readers.set(name, made);
  return made;
}
