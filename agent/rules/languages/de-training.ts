/** German: training, and what was trained. */
import type { Frame, TrainingWords } from "../grammar.ts";

const shots = "(?:fotos?|fotografien|bild(?:er|ern)?|aufnahmen|selfies|dateien?|anhang|anhänge|anhängen|zip|zip-datei|archiv)";
const these =
  "(?:all(?:en|e) )?(?:diesen|diese|dieser|dieses|diesem|den|die|der|dem|das|meinen|meine|meinem|unseren|unsere|allen|alle)(?: angehängten| beigefügten)?";
const from = "(?:auf|mit|aus|von|anhand|nach)";
const few = "\\S+(?: \\S+){0,4}?";
const name =
  "(?:mit |unter )?(?:dem |den )?namen?(?: ist| lautet)?|namens|genannt|(?:und )?nenne? (?:es|ihn|sie|das|die)|(?:die|das|der|sie|es|er) (?:heißt|heisst)";
const trigger =
  "(?:mit )?(?:dem |das |den |der |als )?(?:trigger|auslöser|auslösewort|auslösewörter|auslösewörtern|triggerwort|triggerwörter|triggerwörtern|trigger-?wort|trigger-?wörter|schlüsselwort|stichwort)(?: (?:ist|sind|lautet|soll|sei))?";

export const training: TrainingWords = {
  options: [
    {
      begins: `${from} (?:dem|diesem|den|diesen|meinem) datensatz(?=$|[ ,;.])`,
      is: `${from} (?:dem|diesem|den|diesen) (?<these>datensatz)(?! (?:namens|mit))`,
    },
    {
      begins: `${from} (?:dem |diesem |den |meinem )?datensatz`,
      is: `${from} (?:dem |diesem |den |meinem )?datensatz(?: namens| mit dem namen)?:? (?<dataset>${few})`,
    },
    {
      begins: `(?:${from} )?${these}(?: (?:{n}))?(?: \\S+)?? ${shots}`,
      is: `(?:${from} )?(?<these>${these})(?: (?:{n}))?(?: \\S+)?? ${shots}(?: hier| oben| von vorhin)?(?: (?:von|meines|meiner) (?<subject>${few}))?`,
    },
    { begins: `${from} (?:{n}) ${shots}`, is: `${from} (?<these>{n}) ${shots}(?: von (?<subject>${few}))?` },
    { begins: "damit|daraus|darauf", is: "(?<these>damit|daraus|darauf)" },
    {
      begins: "(?:sie|es|er|das|die) soll \\S+(?: \\S+){0,3}? (?:heißen|heissen)",
      is: "(?:sie|es|er|das|die) soll (?<name>\\S+(?: \\S+){0,3}?) (?:heißen|heissen)",
    },
    { begins: name, is: `(?:${name}):? (?<name>${few})` },
    { begins: trigger, is: `(?:${trigger})(?: ?[:=])? (?<trigger>\\S+(?: \\S+){0,11}?)` },
    { begins: "(?:mit |in |über )?[\\d.,]+k? ?(?:schritten?|steps)", is: "(?:mit |in |über )?(?<steps>[\\d.,]+k?) ?(?:schritten?|steps)" },
    {
      begins: "(?:mit |bei )?(?:dem |einem )?(?:rang|rank)",
      is: "(?:mit |bei )?(?:dem |einem )?(?:rang|rank)(?: von)?[ :=-]{1,2}(?<rank>\\d+)",
    },
    { begins: "(?:mit )?(?:dem )?seed", is: "(?:mit )?(?:dem )?seed[ :=]{1,2}(?<seed>\\d+)" },
    {
      begins: "(?:in |mit |bei )?(?:der |einer )?auflösung",
      is: "(?:in |mit |bei )?(?:der |einer )?auflösung(?: von)?[ :=]{1,2}(?<resolution>\\d{3,4})(?: pixeln?)?",
    },
    {
      begins: "(?:für |auf |mit )?(?:dem |das )?(?:basis)?modell",
      is: "(?:für |auf |mit )?(?:dem |das )?(?:basis)?modell:? (?<model>\\S+)",
    },
    { begins: "nur (?:mit )?gesichtern?", is: "(?<faces>nur (?:mit )?gesichtern?)" },
    { begins: "(?:von|für|über) (?:mein|unser|mir|uns)", is: `(?:von|für|über) (?<subject>(?:mein|unser)\\S* ${few}|mir|uns)` },
    { begins: "(?!)", is: `(?:von |für )?(?<subject>(?:mein|unser|dies|den|die|das|ein)\\S* ${few})` },
  ],
  withIt: "damit|mit (?:ihm|ihr|dem|der) ?(?:neuen )?(?:lora)?|mit meiner (?:neuen )?lora",
  self: "mich|mir|uns|es|ihn|sie|das|etwas|eins",
  verb: "trainier\\w*|beibringen|lern\\w*",
  thing: "loras?|fotos?|bild(?:er|ern)?|datensatz|trigger\\w*|auslöse\\w*",
  never:
    "nicht|nichts|kein\\w*|nie|niemals|wenn|falls|ob|bis|warum|wieso|wie|was|wer|wo|gestern|morgen|später|irgendwann|bald|hatte\\w*|war|waren|wurde\\w*|erklär\\w*|sag\\w*|trainiert|stopp\\w*|lösch\\w*",
};

const the = "(?:das |mein |dieses |unser )?";
const kept =
  "(?:behalte?|nimm|speichere?|sichere?) (?:es|das|sie|ihn|was (?:da|fertig) ist|was (?:du|es) (?:hast|hat)|das ergebnis|die lora)";
const article = "(?:(?:ein|eine|einen|das|die|den|noch eine?|meine?) )?(?:neue[sn]? )?";
const kind = "(?<kind>lora|datensatz)";

export const trainingFrames: Frame[] = [
  { does: "train", is: `(?:trainiere?|trainieren sie|mache?|erstelle?|baue?)(?: {me})* ${article}lora(?:-modell)?(?<rest>(?:[ ,:;].*)?)` },
  { does: "train", is: `(?:trainiere?)(?: {me})* ${article}(?:modell|stil)(?<rest>(?:[ ,:;].*)?)` },
  { does: "train", is: "trainiere?(?: es| dich)?(?<rest> (?:auf|mit|anhand) .*)" },
  { does: "train", is: `(?:{modal}) (?:(?:{me}) )*${article}lora(?<rest>(?:[ ,:;].*?)?),? trainieren(?<more>(?:[ ,:;].*)?)` },
  {
    does: "train",
    is: "bring(?:e)? (?:ihm|dir|dem (?:modell|studio))(?<rest> (?:mein|unser|dies|den|die|das)\\S* .+?) bei(?<more>(?:[ ,:;].*)?)",
  },
  { does: "train", is: "lerne?(?<rest> (?:mein|unser)\\S* .*)" },
  { does: "dataset", is: `(?:mache?|erstelle?|baue?|lege?)(?: {me})* ${article}datensatz(?: an)?(?<rest>(?:[ ,:;].*)?)` },
  { does: "dataset", is: `mache?(?<rest> aus (?:diesen|den|meinen)(?: \\S+)?) ${article}datensatz(?<more>(?:[ ,:;].*)?)` },
  {
    does: "order",
    fields: { order: "keep" },
    is: `(?:stoppe?|beende|halte?) (?:${the}(?:lora-?)?training|es)?(?: an)?(?: jetzt| hier)?,? (?:und|aber) ${kept}|(?:stoppe?|beende|halte?),? (?:und|aber) ${kept}|das reicht,? (?:und )?${kept}`,
  },
  {
    does: "order",
    fields: { order: "sample" },
    is: "(?:zeige?|gib|mache?)(?: {me})* (?:jetzt )?(?:ein|eine|noch ein|noch eine) (?:neues |neue )?(?:probebild|beispielbild|beispiel|probe|muster|sample|zwischenbild)(?: davon)?(?: jetzt)?|probebild(?: jetzt)?",
  },
  {
    does: "order",
    fields: { order: "save" },
    is: "(?:speichere?|sichere?)(?: es| das| den stand| das training| den zwischenstand)?(?: jetzt)?(?: ab)?",
  },
  { does: "stop", is: `(?:stoppe?|beende) ${the}(?:lora-?)?training(?: von (?<ref>\\S+))?|halte? ${the}training an` },
  {
    does: "call",
    tool: "cancel_job",
    is: `(?:brich|breche?) (?<ref>${the}(?:lora-?)?training) ab|(?:verwirf|verwerfe) (?<ref2>${the}training)`,
  },
  {
    does: "call",
    tool: "retry_job",
    is: `(?:setze?|führe?) (?<ref>${the}(?:lora-?)?training) fort|mache? mit (?<ref2>dem training) weiter|nimm (?<ref3>${the}training) wieder auf|trainiere? weiter`,
  },
  {
    does: "call",
    tool: "get_job",
    is: "wie sieht (?<ref>es|das|das training|\\S+) (?:jetzt |gerade |bis jetzt |inzwischen )*aus|wie läuft (?<ref2>es|das|das training|\\S+)(?: gerade| jetzt)?|wie weit ist (?<ref3>das training)",
  },
  {
    does: "call",
    tool: "list_assets",
    fields: { kind: "lora" },
    is: "(?:zeige?|liste)(?: {me})*(?: alle)? meine loras(?: an| auf)?|meine loras|welche loras (?:habe ich|hab ich)(?: trainiert)?",
  },
  {
    does: "call",
    tool: "list_assets",
    fields: { kind: "dataset" },
    is: "(?:zeige?|liste)(?: {me})*(?: alle)? (?:meine|die) datensätze(?: an| auf)?|meine datensätze|welche datensätze (?:habe ich|hab ich|gibt es)",
  },
  {
    does: "caption",
    is: "(?:ändere )?(?:die )?(?:beschriftung|bildunterschrift|bildbeschreibung)(?: (?:von|zu|für))?(?: (?:bild|foto|nummer|nr\\.?))? ?#?(?<number>\\d+)(?: ?[:=]| (?:ist|in|zu|soll sein|auf)) ?(?<caption>.+)",
  },
  {
    does: "leave_out",
    is: "(?:lass|lasse) (?:(?:die |das )?(?:bild(?:er)?|fotos?|nummer|nr\\.?) )?(?<numbers>#?\\d+(?:(?:,? und |, ?| )#?\\d+)*) (?:weg|aus|raus)|(?:entferne?|lösche?|streiche?) (?:die |das )?(?:bild(?:er)?|fotos?|nummer|nr\\.?) (?<numbers2>#?\\d+(?:(?:,? und |, ?| )#?\\d+)*)(?: aus dem datensatz(?: (?<dataset>\\S+))?)?",
  },
  {
    does: "rename",
    is: `(?:benenne?|nenne?) (?:(?:die|den|meine|meinen) )?(?:${kind} )?(?<ref>.+?) (?:in|zu) (?<name>.+?)(?: um)?|(?:benenne?) (?:(?:die|den) )?(?:(?<kind2>lora|datensatz) )?(?<ref2>.+?) um (?:in|zu) (?<name2>.+)`,
  },
  { does: "delete", is: `(?:lösche|lösch|entferne?) (?:(?:die|den|meine|meinen) )?(?:${kind} )?(?:namens )?(?<ref>.+)` },
];
