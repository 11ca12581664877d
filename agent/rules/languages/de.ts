/** German: words, options and references. */
import { countTable, type Grammar, table } from "../grammar.ts";
import { frames } from "./de-frames.ts";
import { training, trainingFrames } from "./de-training.ts";

export const german: Grammar = {
  language: "de",
  numbers: countTable(
    "ein: 1, eine: 1, einen: 1, zwei: 2, drei: 3, vier: 4, fünf: 5, sechs: 6, sieben: 7, acht: 8, neun: 9, zehn: 10, doppelt: 2, dreifach: 3, vierfach: 4, zweifach: 2, zweimal: 2, dreimal: 3, viermal: 4",
  ),
  ordinals: countTable(
    "erste: 1, ersten: 1, erstes: 1, zweite: 2, zweiten: 2, zweites: 2, dritte: 3, dritten: 3, drittes: 3, vierte: 4, vierten: 4, viertes: 4",
  ),
  aspects: table(
    "quadrat: square, quadratisch: square, quadratisches: square, quadratformat: square, hochformat: portrait, hochkant: portrait, querformat: landscape, breitbild: wide, breit: wide, breitformat: wide, panorama: 21:9",
  ),
  words: {
    training: "trainiere? .|(?:mach|mache|erstelle?) (?:(?:eine?|einen) )?(?:lora|datensatz)|benenne? .|beschriftung \\d",
    lead: "hallo|hi|hey|moin|servus|guten morgen|guten tag|guten abend|bitte|ok|okay|jetzt|nun|also|dann|und|danke|gut|ja|so|hm+|äh+m*|oh(?: nein| je)?|ach|ups|super|toll|prima|schön|nicht schlecht|noch was|noch etwas|aber|ey|sorry|entschuldigung|hallöchen|grüß dich|servus zusammen|(?:das|es|der) (?:ist fehlgeschlagen|hat nicht geklappt|ging schief)|als nächstes|diesmal|liebe[rs]? [\\p{L}]+|für (?:mein|meine|meinen|unser|unsere|unseren|den|die|das) [\\p{L}]+(?=,? (?:brauche|bräuchte|möchte|hätte) )|also gut|na gut|das (?:ist|sieht) (?:super|toll|schön|gut)(?: aus)?|das letzte ist abgestürzt",
    tail: "bitte|danke|mal|(?<!gleich )jetzt|für mich|wenn möglich|wenn du kannst|dann|stattdessen|wenn es geht|wenn's geht|gerne?",
    draw: "zeichne|zeichn|zeichnet|zeichnen sie|male|malt|malen sie|skizziere|rendere|illustriere",
    drawn: "zeichnen|malen|skizzieren|rendern|illustrieren",
    make: "mach|mache|bastel|erstell|generier|erstelle|erzeuge|generiere|gib|zeig|zeige|erstellen sie|erzeugen sie|generieren sie",
    made: "machen|erstellen|erzeugen|generieren|geben|zeigen",
    want: "(?:brauche|bräuchte|möchte|hätte) ich(?: bitte)?(?: gerne?)?|ich wünsche mir|ich (?:suche|bräuchte)|wie wäre es mit|ich (?:hätte|möchte|will|brauche|wünsche mir|h[äa]tte)(?: bitte)?(?: gerne?)?|wir (?:hätten|möchten|brauchen) (?:gerne? )?",
    modal:
      "kannst du|könntet ihr|könnt ihr|wärst du so (?:nett|lieb) und würdest|könntest du|würdest du|können sie|könnten sie|würden sie|magst du",
    me: "mir|uns|mir bitte|mir mal|mal|bitte|mal bitte|bitte mal|mir doch bitte|vielleicht|eventuell|kurz|doch|auch|dann|ihm|ihr|mal schnell|einfach|für mich",
    style: "farbiges|digitales|schwarz-?weiß(?:es)?",
    a: "nen|ne|'nen|'ne|ein|eine|einen|einem|einer|das|noch ein|noch eine|ein weiteres",
    picture: "bild(?:er|ern)?|version(?:en)?|variante(?:n)?|variation(?:en)?|wallpaper|hintergrundbild(?:er)?",
    medium: "aquarelle?|ölgemälde|ölbild(?:er)?|portraits?|porträts?|poster|fotos?|zeichnung(?:en)?|gemälde|skizzen?|illustration(?:en)?",
    filler: "neues|neue|schönes|schöne|tolles|weiteres|weitere|verschiedene",
    of: "von|vom|mit|eines|einer|(?:wo|auf dem|auf der|in dem)(?= (?:ein|eine|zwei|drei|der|die|das) )",
    other:
      "videos?|filme?|clips?|animation(?:en)?|gifs?|lied(?:er)?|songs?|musik|stimmen?|audio|ton|skripte?|code|programme?|apps?|webseiten?|seiten?|texte?|geschichten?|gedichte?|briefe?|mails?|zusammenfassung(?:en)?|listen?|tabellen?|dateien?|dokumente?|präsentation(?:en)?|berichte?|rechnung(?:en)?|vertr[aä]ge?|rezepte?|passwort|passwörter|zahlen?|konto|modelle?|loras?|jobs?|aufträge?",
    format: "format|formatiges",
    enlarge: "mach(?:e)? (?:das|es|dieses|dies) {bigger}$",
    upscale: "vergrößere|vergrössere|skaliere|upscale|upscal(?:e|ier)e?|vergrößer",
    upscaled: "vergrößern|vergrössern|hochskalieren|upscalen",
    times: "{n} ?(?:x|×|mal|fach)|(?:x|×) ?{n}|{n}[- ]?fach|doppelt|dreifach|vierfach|zweimal|dreimal|viermal",
    bigger:
      "(?:größer|grösser|(?:in )?(?:einer )?höhere[rn]? auflösung|(?:um das |auf das |auf )?(?<scale>{times})e?(?: so)?(?: gro(?:ß|ss)| größer| vergrößert)?)",
    cancel: "brich|brech|stopp|stoppe|beende|halte|cancel|storniere",
    again: "nochmals?|noch ?mal|noch einmal|erneut|wieder",
    done: "fertig|soweit|bereit|durch",
    mine: "der|die|den|meine|meiner|meinen|alle|alle meine|deine|deiner",
    pc: "(?:meinen|den|meine|die) (?:pc|rechner|computer|grafikkarte|gpu|karte)",
    immediately: "sofort|jetzt sofort|gleich jetzt|auf der stelle|jetzt gleich|augenblicklich",
  },
  commands: ["zeichne", "male", "skizziere", "vergrößere", "erstelle", "bitte", "generiere", "stopp"],
  nouns: ["bild", "bilder", "foto", "fotos", "zeichnung"],
  spellings: table(
    "zeichen: zeichne, bite: bitte, bidde: bitte, kanst: kannst, kannste: kannst du, könntste: könntest du, nochma: nochmal",
  ),
  remark:
    "(?:heute|draußen|gerade|morgen|hier|es (?:ist|regnet|schneit|war)|ich (?:bin|habe|hab|liebe|mag|arbeite|wohne|vermisse|fühle)|wir (?:sind|haben|lieben|wohnen)|(?:mein|meine|unser|unsere) [\\p{L}]+ (?:liebt|lieben|mag|mögen|ist|sind|hat|haben|wird|wünscht)|was für ein (?:schöner|toller|trüber|langer))(?: |$)",
  purpose:
    "(?:viele|liebe|schöne|beste) grüße|mit freundlichen grüßen|schönen tag|(?:das |es )?(?:ist|soll|wird)(?: nur)? (?:für|zu[mr]?) (?:mein|meine|meinen|unser|unseren|den|die|das|ein|eine|einen) ",
  loaded:
    "nicht|nichts|kein\\w*|nie|niemals|niemand|ohne|hasse|wenn|falls|ob|bis|sagt|sagte|gesagt|schrieb|schreibt|geschrieben|steht|heißt|satz|zitat|titel|du|dir|dich|dein\\w*|sie|{draw}|{drawn}|gezeichnet|gemalt|gerendert|zeichnet|malt|{picture}|{medium}|{upscale}|{upscaled}|{cancel}|jobs?|auftr[aä]ge?|modelle?|loras?|pause|videos?|filme?|clips?|animation(?:en)?|stimmen?|aufnahmen?|trainier\\w*",
  denial: "nicht|nie|wenn|falls|warum",
  idioms:
    "mit|für|ohne|über|bei|zu|gegen|gern|gerne|wie|so|gut|besser|schön|überhaupt|auch|sehen|schauen|gucken|ehrlich|im ernst|so gesagt|was anderes|etwas anderes|ab\\b|aus\\b|nach\\b|dir\\b",
  empty: "es|das|das da|ihn|sie|etwas|was|nichts|mir|eins|bilder?|irgendwas|mal|noch",
  finite:
    "hängt|kostet|zeigt|bedeutet|sagt|hilft|macht|wäre|würde|könnte|sollte|muss|ging|kam|starb|war|waren|ist|sind|hat|haben|hatte|wird|kann",
  later: "(?<!am |frühen |jeden )morgen|irgendwann|(?:am|dieses) wochenende|bald|später|heute abend|nächste woche",
  adjust: "mach(?:e)? (?:es|das|daraus)",
  past: "(?:war|waren|hat|hatte|besser|schlechter|als ich|schon)\\b",
  change: "bei|in|im|mit|ohne|als|am|an|auf|unter|neben|aus|von|vor",
  condition: "(?:wenn|falls|ob) (?:ich|wir|du|er|sie|es|man)\\b",
  mediums: table("fotos: ein Foto von, zeichnungen: eine Zeichnung von, skizzen: eine Skizze von, illustrationen: eine Illustration von"),
  verbMediums: table(""),
  article: "nen|ne|'nen|'ne|ein|eine|einen|einem|einer|der|die|das|den|dem",
  references: {
    training: "(?:(?:das|mein|dieses|dem|unser) )?(?:lora-?)?training(?: von (?<name>\\S+))?|(?:die |meine )?lora(?: (?<name2>\\S+))?",
    that: "das|es|dies|dieses|das da|das bild|dieses bild|den|die|ihn|den job|diesen job|den auftrag|das foto|dieses foto|das letzte|damit|daran|mein bild|mein job|meinen job|mein auftrag|meinen auftrag|der auftrag|der job|das ergebnis|den aktuellen job|den laufenden job",
    all: "alle|alle bilder|beide|alles|jedes",
    last: "(?:das|die|den) letzten?(?: bild)?",
    number: "(?:(?:die |das )?(?:nummer|nr\\.?|bild|#) ?(?<number>{n})|(?:das |die |den )?(?<ordinal>{ordinal})(?: bild| version)?)",
    words: "(?:das|den|die|dieses)(?: bild (?:von|mit))?(?: (?:dem|der|den))? (?<words>.+)",
  },
  options: [
    { is: "(?:mit |und )?(?:dem )?seed ?(?<seed>[-+]?\\d+)" },
    { is: "(?:mit |in )?(?<steps>{n}) (?:schritten?|steps)" },
    { is: "(?:mit )?stärke ?(?<strength>\\d*[.,]?\\d+)" },
    { is: "(?:in |mit )?(?<size>\\d{2,5} ?(?:[x×]|mal) ?\\d{2,5})(?: pixeln?)?" },
    { is: "(?:mit |und )?(?:dem )?modell (?<model>[^\\s,;]+)" },
    { is: "(?:mit )?(?:der |dem )?lora (?<lora>[^\\s,;:]+?)(?:(?: mit| gewicht|:) ?(?<weight>-?\\d*\\.?\\d+))?" },
    { is: "(?:in |im |als )?(?<aspect>\\d{1,2}:\\d{1,2})(?: format)?" },
    { is: "(?:in|im|als|ein|einem)(?: ein)? (?<aspect>{aspect})(?:es bild)?" },
    { is: "(?<aspect>{aspect})", comma: true },
    { is: "(?<count>{n}) ?(?:mal|stück|bilder|versionen|varianten)", comma: true },
    { is: "(?:mit )?(?:einem )?(?:anderen|anderem|neuen|neuem|zufälligen) seed", fields: { newSeed: true } },
    { is: "ohne (?:einen |eine |ein |den |die |das )?(?<negative>[^,;.]+)" },
    { is: "(?:aber |und )?keinen? (?<negative>[^,;.]+)", comma: true },
    { is: "(?:mit )?negativ(?:er |em |e)?[- ]?prompt:? (?<negative>.+)", comma: true },
  ],
  training,
  frames: [...trainingFrames, ...frames],
};
