/** Spanish: training, and what was trained. */
import type { Frame, TrainingWords } from "../grammar.ts";

const shots = "(?:fotos?|fotograf[ií]as?|im[aá]gen(?:es)?|archivos?|adjuntos?|selfies|zip)";
const these = "(?:todas )?(?:estas|esas|las|mis|nuestras|estos|esos|los|este|ese|todas|todos)(?: (?:las|los))?";
const from = "(?:con|de|a partir de|usando|sobre)";
const few = "\\S+(?: \\S+){0,4}?";
const name = "llamad[oa]|(?:con |de )?(?:el )?nombre(?: es| de)?|(?:que se llame|se llama|ll[aá]mal[oa])";
const trigger =
  "(?:con |usando )?(?:el |la |las |los |como )?(?:trigger|disparador|palabras? (?:clave|de activaci[oó]n|disparadoras?|activadoras?|trigger)|activador)(?: (?:es|son|sea))?";

export const training: TrainingWords = {
  options: [
    {
      begins: `${from} (?:este|ese|el) (?:conjunto(?: de datos)?|dataset)(?=$|[ ,;.])`,
      is: `${from} (?:este|ese|el) (?<these>conjunto(?: de datos)?|dataset)(?! llamado)`,
    },
    {
      begins: `${from} (?:el |mi )?(?:conjunto de datos|dataset)`,
      is: `${from} (?:el |mi )?(?:conjunto de datos|dataset)(?: llamado)?:? (?<dataset>${few})`,
    },
    {
      begins: `(?:${from} )?${these}(?: (?:{n}))? ${shots}`,
      is: `(?:${from} )?(?<these>${these})(?: (?:{n}))? ${shots}(?: adjunt[oa]s?)?(?: de (?<subject>${few}))?`,
    },
    { begins: `${from} (?:{n}) ${shots}`, is: `${from} (?<these>{n}) ${shots}(?: de (?<subject>${few}))?` },
    { begins: `${from} (?:eso|esto|ellas|ellos)`, is: `${from} (?<these>eso|esto|ellas|ellos)` },
    { begins: name, is: `(?:${name}):? (?<name>${few})` },
    { begins: trigger, is: `(?:${trigger})(?: ?[:=])? (?<trigger>\\S+(?: \\S+){0,11}?)` },
    { begins: "(?:con |en |durante )?[\\d.,]+k? ?pasos", is: "(?:con |en |durante )?(?<steps>[\\d.,]+k?) ?pasos" },
    { begins: "(?:con |de )?(?:un |el )?(?:rango|rank)", is: "(?:con |de )?(?:un |el )?(?:rango|rank)(?: de)?[ :=-]{1,2}(?<rank>\\d+)" },
    { begins: "(?:con )?(?:la )?(?:semilla|seed)", is: "(?:con )?(?:la )?(?:semilla|seed)[ :=]{1,2}(?<seed>\\d+)" },
    {
      begins: "(?:con |en |a )?(?:una |la )?resoluci[oó]n",
      is: "(?:con |en |a )?(?:una |la )?resoluci[oó]n(?: de)?[ :=]{1,2}(?<resolution>\\d{3,4})",
    },
    { begins: "(?:con |sobre |para )?(?:el )?modelo(?: base)?", is: "(?:con |sobre |para )?(?:el )?modelo(?: base)?:? (?<model>\\S+)" },
    { begins: "solo (?:con )?caras", is: "(?<faces>solo (?:con )?caras)" },
    {
      begins: "(?:de|para|sobre) (?:mi|mis|nuestr[oa]|m[ií])(?= |$)",
      is: `(?:de|para|sobre) (?<subject>(?:mi|mis|nuestr[oa]s?) ${few}|m[ií])`,
    },
    { begins: "(?!)", is: `(?:de |para |a )?(?<subject>(?:mi|mis|nuestr[oa]s?|este|esta|el|la|un|una) ${few})` },
  ],
  withIt: "con (?:él|ella|eso|esto|ese lora|esa lora|el (?:nuevo )?lora|la lora|mi (?:nuevo )?lora)",
  self: "me|mí|nos|lo|la|algo|uno",
  verb: "entrena\\w*|ens[eé][nñ]ale|aprend\\w*",
  thing: "loras?|fotos?|im[aá]gen(?:es)?|dataset|trigger|palabra clave",
  never:
    "no|nunca|nada|si|cuando|hasta|por qué|cómo|qué|quién|dónde|ayer|mañana|luego|más tarde|algún día|pronto|había|era|fue|explica\\w*|dime|dijo|entrenad[oa]|para de|borra\\w*|elimina\\w*",
};

const the = "(?:el |mi |este |ese )?";
const kept = "(?:qu[eé]dat?elo|gu[aá]rdalo|cons[eé]rvalo|guarda lo que (?:hay|tienes)|conserva lo que (?:hay|tienes))";
const article = "(?:(?:un|una|otro|otra|el|la|mi) )?(?:nuev[oa] )?";
const kind = "(?<kind>lora|conjunto de datos|dataset)";

export const trainingFrames: Frame[] = [
  { does: "train", is: `(?:entrena(?:me|nos)?|entr[eé]name|haz(?:me)?|crea(?:me)?) ${article}lora(?<rest>(?:[ ,:;].*)?)` },
  { does: "train", is: `(?:{modal}) (?:entrenar(?:me)?|crear(?:me)?) ${article}lora(?<rest>(?:[ ,:;].*)?)` },
  { does: "train", is: `(?:entrena(?:me)?|entr[eé]name) ${article}(?:modelo|estilo)(?<rest>(?:[ ,:;].*)?)` },
  { does: "train", is: "(?:ens[eé][nñ]ale|aprende)(?: a (?:dibujar|pintar|reconocer))?(?<rest> (?:a )?(?:mi|nuestr[oa]|este|esta) .*)" },
  { does: "dataset", is: `(?:haz(?:me)?|crea(?:me)?|prepara) ${article}(?:conjunto de datos|dataset)(?<rest>(?:[ ,:;].*)?)` },
  {
    does: "order",
    fields: { order: "keep" },
    is: `(?:para|det[eé]n|termina|acaba) (?:${the}entrenamiento)?(?: ya| ahora| aqu[ií])?,? (?:y|pero) ${kept}|(?:ya )?basta,? (?:y )?${kept}`,
  },
  {
    does: "order",
    fields: { order: "sample" },
    is: "(?:mu[eé]stra(?:me)?|ens[eé][nñ]a(?:me)?|haz(?:me)?|dame) una (?:muestra|imagen de muestra|imagen de prueba)(?: ya| ahora)?",
  },
  { does: "order", fields: { order: "save" }, is: "gu[aá]rda(?:lo)?(?: el estado| el entrenamiento)?(?: ya| ahora)?" },
  { does: "stop", is: `(?:para|det[eé]n|termina|acaba) ${the}entrenamiento(?: de (?<ref>\\S+))?(?: ya| ahora)?` },
  { does: "call", tool: "cancel_job", is: `(?:cancela|aborta|anula|descarta) (?<ref>${the}entrenamiento)` },
  { does: "call", tool: "retry_job", is: `(?:reanuda|contin[uú]a(?: con)?|sigue con|retoma) (?<ref>${the}entrenamiento)|sigue entrenando` },
  {
    does: "call",
    tool: "get_job",
    is: "c[oó]mo se ve (?<ref>eso|el entrenamiento|\\S+)(?: ahora| ya)?|c[oó]mo se ve(?: ahora| ya)|c[oó]mo va (?<ref2>el entrenamiento)(?: ahora)?",
  },
  {
    does: "call",
    tool: "list_assets",
    fields: { kind: "lora" },
    is: "(?:mu[eé]stra(?:me)?|ens[eé][nñ]a(?:me)?|lista) (?:todos )?mis loras|mis loras|qu[eé] loras (?:tengo|he entrenado)",
  },
  {
    does: "call",
    tool: "list_assets",
    fields: { kind: "dataset" },
    is: "(?:mu[eé]stra(?:me)?|ens[eé][nñ]a(?:me)?|lista) (?:todos )?mis (?:datasets|conjuntos de datos)|mis (?:datasets|conjuntos de datos)|qu[eé] (?:datasets|conjuntos de datos) tengo",
  },
  {
    does: "caption",
    is: "(?:cambia )?(?:la )?(?:descripci[oó]n|leyenda|pie de foto)(?: (?:de|para))?(?: la)?(?: (?:foto|imagen|n[uú]mero))? ?#?(?<number>\\d+)(?: ?[:=]| (?:a|es|por)) ?(?<caption>.+)",
  },
  {
    does: "leave_out",
    is: "(?:quita|saca|elimina|borra|deja fuera|omite) (?:la |las )?(?:fotos?|im[aá]gen(?:es)?|n[uú]meros?) (?<numbers>#?\\d+(?:(?:,? y |, ?| )#?\\d+)*)(?: del (?:dataset|conjunto de datos)(?: (?<dataset>\\S+))?)?",
  },
  { does: "rename", is: `(?:renombra|cambia el nombre de) (?:(?:el|la|mi) )?(?:${kind} )?(?<ref>.+?) (?:a|como|por) (?<name>.+)` },
  { does: "delete", is: `(?:borra|elimina) (?:(?:el|la|mi) )?(?:${kind} )?(?:llamad[oa] )?(?<ref>.+)` },
];
