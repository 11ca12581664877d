/** German: the sentences that are understood, most particular first. */
import type { Frame } from "../grammar.ts";

export const frames: Frame[] = [
  { does: "nothing", is: "(?:{draw}|{make}|mal|{upscale}) (?:{me} )*(?:nichts|kein\\w*|nicht|bitte nicht|bitte nichts)(?: .*)?" },
  { does: "nothing", is: "(?:{draw}|{make}|mal|{upscale}) .* nicht" },
  { does: "nothing", is: "(?:nein|nee|vergiss es|schon gut|egal|nein danke|lass (?:es|mal)|moment|warte)" },
  {
    does: "greeting",
    is: "(?:hallo|hi|hey|moin|servus|guten (?:morgen|tag|abend)|danke|vielen dank|super|toll|sehr schön|schön|prima|tschüss|ok)(?: sehr| schön| dir)?",
  },
  { does: "help", is: "(?:hilfe|was kannst du(?: alles)?|wer bist du|{modal} (?:{drawn}))" },
  {
    does: "call",
    tool: "cancel_job",
    is: "(?:brich|brech) (?<ref>.+?) ab|(?:stopp|stoppe|beende|storniere|cancel) (?<ref2>.+)|halte (?<ref3>.+?) an|abbrechen|stopp|stop|abbruch",
  },
  {
    does: "call",
    tool: "retry_job",
    is: "versuch(?:e|s)?(?: es| (?<ref>das|den .+?))? {again}|probier(?:e|s)?(?: es| (?<ref2>das|den .+?))? {again}",
  },
  {
    does: "call",
    tool: "cancel_job",
    is: "(?:(?:{modal}) )?(?:(?:bitte|doch|mal) )*(?<ref>.+?) (?:abbrechen|stoppen|beenden|anhalten|stornieren)",
  },
  {
    does: "call",
    tool: "retry_job",
    is: "(?:{modal}) (?:(?:bitte|doch|mal|es) )*(?:(?<ref>das(?: letzte)?|den .+?) )?{again} (?:versuchen|probieren|starten)",
  },
  {
    does: "call",
    tool: "list_jobs",
    is: "(?:{modal}) (?:mir )?(?:bitte )?{mine}(?: letzten)?(?: (?<limit>{n}))? (?:jobs|aufträge) (?:zeigen|auflisten)",
  },
  {
    does: "call",
    tool: "list_models",
    is: "(?:{modal}) (?:mir )?(?:bitte )?(?:die |alle |deine )?(?:verfügbaren )?(?<kind>modelle|checkpoints|loras|upscaler) (?:zeigen|auflisten|nennen)",
  },
  {
    does: "call",
    tool: "pause",
    fields: { mode: "finish" },
    is: "(?:{modal}) (?:(?:bitte|kurz|mal|jetzt) )*(?:eine )?(?:pause machen|pausieren)",
  },
  { does: "call", tool: "resume", is: "(?:{modal}) (?:(?:bitte|jetzt|wieder) )*(?:weitermachen|fortfahren|weiterarbeiten)" },
  {
    does: "again",
    polite: true,
    is: "(?:{modal}) (?:(?:bitte|das|es|mir) )*(?:{again}|noch (?:eins|eines|ein bild|eine version)) (?:machen|zeichnen|malen|rendern|erstellen)",
  },
  {
    does: "call",
    tool: "wait_for_job",
    is: "wart(?:e|en sie)?(?: auf (?<ref>.+?)| bis (?<ref2>.+?) {done} ist| darauf)?(?:,? (?<timeout_s>{n}) sekunden)?",
  },
  {
    does: "call",
    tool: "wait_for_job",
    is: "(?:sag|sage|gib)(?: mir)? bescheid,? (?:wenn|sobald) (?<ref>.+?) {done} ist",
  },
  {
    does: "call",
    tool: "get_job",
    is: "(?:wie weit (?:ist|bist du mit|bist du) (?<ref>.+?)|wann ist (?<ref5>.+?) {done}|gibt es (?:schon )?(?:etwas |was )?neues|ist (?<ref2>.+?) (?:schon )?{done}|wie lange (?:noch|dauert (?<ref3>.+?)(?: noch)?)|wie lange dauert es noch|(?:wie ist der )?status(?: von (?<ref4>.+))?)",
  },
  {
    does: "call",
    tool: "list_jobs",
    fields: { state: "open" },
    is: "was (?:ist|steht|liegt) in {mine} (?:warteschlange|queue|schlange)|was läuft(?: gerade| jetzt)?|läuft (?:gerade |noch )?(?:etwas|was)|woran arbeitest du(?: gerade| jetzt)?|was machst du gerade|(?:zeig|zeige)(?: mir)? (?:die|deine|meine) (?:warteschlange|queue|offenen (?:jobs|aufträge))",
  },
  {
    does: "call",
    tool: "list_jobs",
    fields: { state: "failed" },
    is: "welche (?:{mine} )?(?:jobs|aufträge) (?:sind fehlgeschlagen|schlugen fehl|sind gescheitert)",
  },
  {
    does: "call",
    tool: "list_jobs",
    is: "welche (?:{mine} )?(?:jobs|aufträge) (?<state>laufen|warten)(?: gerade| jetzt| noch)?",
  },
  {
    does: "call",
    tool: "list_jobs",
    is: "(?:zeig|zeige|liste)(?: mir)?(?: {mine})?(?: letzten)?(?: (?<limit>{n}))? (?:jobs|aufträge)(?: an| auf)?|{mine} (?:jobs|aufträge)|welche (?:jobs|aufträge) (?:habe ich|gibt es)",
  },
  {
    does: "call",
    tool: "list_models",
    is: "(?:welche|was für) (?<kind>modelle|checkpoints|loras|upscaler) (?:gibt es|hast du|sind (?:installiert|da|verfügbar)|kann ich (?:nehmen|benutzen|verwenden)|habe ich)|(?:zeig|zeige)(?: mir)? (?:die |alle |deine )?(?:verfügbaren |installierten )?(?<kind2>modelle|checkpoints|loras|upscaler)",
  },
  {
    does: "call",
    tool: "pause",
    fields: { mode: "park" },
    is: "(?:ich brauche {pc}|gib (?:mir )?{pc} (?:frei|zurück)|pause|pausiere|mach(?:e)? (?:eine )?pause) (?:{immediately})|(?:gib|mach) (?:{immediately}) {pc} frei",
  },
  {
    does: "call",
    tool: "pause",
    fields: { mode: "finish" },
    is: "ich brauche {pc}(?: zurück| jetzt| kurz| selbst)?(?:,? (?:bitte )?(?:pausiere|pause|mach(?:e)? (?:bitte |mal |kurz )*(?:eine )?pause))?|gib {pc} frei|pause|pausiere|mach(?:e)? (?:eine )?pause(?:,? ich will .*)?",
  },
  {
    does: "call",
    tool: "resume",
    is: "(?:du kannst (?:jetzt )?)?(?:mach|mache|fahre?|arbeite) (?:wieder )?(?:weiter|fort)|(?:du kannst (?:jetzt )?)?(?:weitermachen|fortfahren|weiterarbeiten)|es kann weitergehen|weiter",
  },
  {
    does: "same",
    is: "(?:und )?(?:nochmal )?(?:das ?selbe|das gleiche|genauso)(?: bild)?(?: {again})?(?:,? (?<but>aber|nur|jedoch))?,? (?<mod>.+)",
  },
  { does: "again", is: "(?:mach )?(?:das ?selbe |das gleiche |das |es )?{again}" },
  { does: "again", is: "(?:mach )?(?:das ?selbe |das gleiche |das |es )?{again}(?:,? (?<but>aber|nur|jedoch))?,? (?<mod>.+)" },
  {
    does: "again",
    is: "(?:mach |gib |zeig )?(?:mir )?(?:noch eine|eine (?:andere|neue|weitere)|noch so ein|ein (?:anderes|neues|weiteres)|noch ein)s?(?: version| variante| bild| davon)*(?: davon)?",
  },
  { does: "again", is: "noch (?:eins|eines|ein bild|eine version|einmal)" },
  {
    does: "again",
    is: "(?:noch )?(?<count>{n})(?: bilder| versionen)? (?:mehr|weitere)|noch (?<count2>{n})(?: bilder| davon| versionen)?",
  },
  {
    does: "adjust",
    is: "(?:nimm|benutze|verwende|mit) (?<option>(?:(?:den |das |dem |die |der )?(?:seed|modell|lora)|{n} schritte|einen (?:anderen|neuen)|einem (?:anderen|neuen)).*)",
  },
  { does: "adjust", is: "mach(?:e|s)? (?:daraus|das|es)(?: bitte)? (?<option>.+)" },
  {
    does: "focus",
    is: "(?:mir gefällt|ich mag|ich nehme|ich bevorzuge) (?<ref>.+?)(?: am besten| am meisten)?|(?<ref2>.+?) (?:gefällt mir|ist)(?: am besten| am schönsten| super| toll| schön| gut)?",
  },
  { does: "upscale", is: "{upscale} (?<ref>.+?)(?: (?:auf |um )?{bigger})?(?: hoch)?" },
  { does: "upscale", is: "(?:kann|könnte) ich (?<ref>.+?) {bigger} (?:haben|bekommen|kriegen)", polite: true },
  { does: "upscale", is: "(?:mach|mache) (?<ref>.+?) {bigger}" },
  { does: "upscale", is: "(?:{modal}) (?<ref>.+?) {bigger} machen", polite: true },
  { does: "upscale", is: "(?:{modal}) (?:mir )?(?:bitte )?(?<ref>.+?)(?: {bigger})? (?:{upscaled})", polite: true },
  { does: "upscale", is: "(?<ref>.+?),? (?:aber )?(?:bitte )?{bigger}" },
  { does: "transform", is: "(?:mach|mache|zeichne|male) (?:aus (?<ref>.+?)|daraus) (?<object>(?:ein|eine|einen) .+)" },
  {
    does: "transform",
    is: "(?:verwandle|mach|mache|zeichne|male) (?<ref>das|dies|dieses|das bild|dieses bild|es)(?: um)? (?:als|in) (?<object>.+)",
  },
  { does: "render", is: "(?:{draw}):? (?:(?:{me}) )*(?<object>.+)" },
  { does: "render", is: "mal (?:(?:mir|uns|bitte) )*(?<object>(?:ein|eine|einen|nen|ne|'nen|'ne|{n}) .+)" },
  { does: "render", is: "(?:lass|lasst) uns (?<object>(?:ein|eine|einen|{n}) .+?) (?:{drawn})" },
  { does: "render", polite: true, is: "(?:wie wäre es|wie wär's|wie wärs) mit (?<object>.+)", picture: true },
  { does: "render", polite: true, is: "(?:{modal}) (?:(?:{me}) )*(?<object>.+?) (?:{drawn})" },
  { does: "render", picture: true, polite: true, is: "(?:{modal}) (?:(?:{me}) )*(?<object>.+?) (?:{made})" },
  {
    does: "render",
    polite: true,
    is: "(?:zeichnest|malst|skizzierst|renderst) du (?:(?:{me}) )*(?<object>(?:ein|eine|einen|nen|ne|{n}) .+)",
  },
  { does: "render", picture: true, polite: true, is: "(?:machst|erstellst|generierst|gibst) du (?:(?:{me}) )*(?<object>.+)" },
  { does: "render", picture: true, polite: true, is: "(?:kann|könnte|dürfte) ich (?:bitte )?(?<object>.+?) (?:haben|bekommen|kriegen)" },
  {
    does: "render",
    polite: true,
    is: "(?:{modal}) (?:(?:{me}) )*(?:ein |eine )?{picture} (?:{made}),? (?:von|mit|wo|auf dem|in dem) (?<object>(?:ein|eine|einem|einer|zwei|drei) .+)",
  },
  { does: "render", picture: true, is: "(?:{make}|{want}) (?:(?:{me}) )*(?<object>.+)" },
  { does: "render", picture: true, shaped: true, is: "(?:erstelle?|erzeuge?|generiere?) (?:(?:{me}) )*(?<object>.+)" },
  {
    does: "render",
    is: "zeige? mir (?:bitte )?(?<object>(?:ein|eine|einen) (?!(?:\\S+ )?{other}(?:$|[ ,]))(?!liste|beispiel|übersicht).+)",
  },
  { does: "render", picture: true, bare: true, is: "(?<object>.+)" },
];
