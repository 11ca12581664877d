/** English: the sentences that are understood, most particular first. */
import type { Frame } from "../grammar.ts";

export const frames: Frame[] = [
  // understood, nothing to do
  { does: "nothing", is: "(?:do not|don['’]?t|never|no need to|please don['’]?t) .*" },
  { does: "nothing", is: "(?:{draw}|{make}|{upscale}) (?:nothing|no .*)" },
  { does: "nothing", is: "(?:no,? )?(?:never ?mind|forget (?:it|that)|wait|no thanks|no thank you|not now|no)" },
  {
    does: "greeting",
    is: "(?:hi|hello|hey|yo|good (?:morning|evening|afternoon|day)|thanks?|thank you|great|nice|cool|perfect|lovely|ok|okay|bye)(?: there| all| again| a lot| so much| very much)?",
  },
  {
    does: "help",
    is: "(?:help|what can you do|what do you do|who are you|{modal} you (?:{draw}|{upscale}|{make} (?:pictures|images))|how do(?:es)? (?:this|it) work)",
  },
  // jobs that exist
  { does: "call", tool: "cancel_job", is: "cancel|abort|stop" },
  { does: "call", tool: "cancel_job", is: "{cancel} (?:(?:{drawing}|working on) )?(?<ref>.+)" },
  { does: "call", tool: "retry_job", is: "(?:retry|restart|re-?run) (?<ref>.+)" },
  { does: "call", tool: "retry_job", is: "(?:give (?<ref>.+) another (?:try|go|chance)|try (?<ref2>.+) again)" },
  { does: "call", tool: "retry_job", is: "(?:{retry}|try (?:it|that) (?:{again})|try once more)" },
  {
    does: "call",
    tool: "wait_for_job",
    is: "wait(?: (?<timeout_s>{n}) ?(?:s|secs?|seconds))?(?: (?:for|until|on|till) (?<ref>.+?)(?: (?:is|has|are) {done})?)?(?:,? (?:for )?(?<timeout2>{n}) ?(?:s|secs?|seconds))?",
  },
  { does: "call", tool: "get_job", is: "are you {done}(?: yet)?" },
  { does: "call", tool: "get_job", is: "(?:is|are|has) (?<ref>.+?) (?:already )?{done}(?: yet| already| now)?" },
  {
    does: "call",
    tool: "get_job",
    is: "how (?:far|far along|much longer|long|much more time)(?: is| are| will| does)?(?: (?<ref>it|that|this|the .+?))?(?: take| need| going to take| be)?",
  },
  { does: "call", tool: "get_job", is: "(?:what(?:['’]?s| is) )?(?:the )?(?:status|state|progress)(?: of (?<ref>.+))?" },
  { does: "call", tool: "get_job", is: "how(?:['’]?s| is) (?<ref>.+?) (?:going|coming along)" },
  {
    does: "call",
    tool: "list_jobs",
    fields: { state: "open" },
    is: "what(?:['’]?s| is| are) (?:in|on) {mine} (?:queue|line)|what(?:['’]?s| is) (?:running|waiting|rendering|queued|going on)(?: now| right now)?|what are you (?:working on|doing|rendering|drawing)(?: now| right now| at the moment)?|(?:{show} )?(?:{me} )?{mine} (?:queue|open jobs|running jobs|waiting jobs)",
  },
  {
    does: "call",
    tool: "list_jobs",
    is: "(?:which|what)(?: of)?(?: {mine})? jobs (?:have |are |were )?(?<state>failed|canceled|succeeded|running|queued|open)|(?:which|what) jobs (?:do i have|have i got|are there)",
  },
  {
    does: "call",
    tool: "list_jobs",
    is: "(?:{show}|which are|what are)(?: {me})?(?: {mine})?(?: (?:last|latest|newest|recent))?(?: (?<limit>{n}))?(?: (?<state>failed|canceled|succeeded|running|queued|open))? jobs",
  },
  {
    does: "call",
    tool: "list_models",
    is: "(?:which|what) (?<kind>models|checkpoints|loras|upscalers)(?: (?:do you have|are there|are (?:installed|available|possible)|can (?:i|you|we) use|have you got|exist|do i have))?",
  },
  {
    does: "call",
    tool: "list_models",
    is: "{show} (?:{me} )?(?:(?:{mine}) )?(?:available |installed )?(?<kind>models|checkpoints|loras|upscalers)(?: you have| there are)?",
  },
  // the studio itself
  {
    does: "call",
    tool: "pause",
    fields: { mode: "park" },
    is: "(?:i need {pc}|(?:free|release|give back|empty) {pc}|pause|take a break)(?: back)?,? (?:{immediately})",
  },
  {
    does: "call",
    tool: "pause",
    fields: { mode: "finish" },
    is: "i need {pc}(?: back)?|(?:free|release|give back|empty) {pc}|(?:pause|take a break|hold on|stop working)(?: (?:the studio|everything|all|for now|(?:after|when) (?:the|this) (?:current|running) (?:job|render|one)(?: is done)?))?(?:,? i (?:want|need) to (?:play|work|use) .*)?",
  },
  {
    does: "call",
    tool: "resume",
    is: "(?:you can |you may )?(?:resume|go on|continue|carry on|keep going|unpause)(?: working| work| (?:the )?(?:studio|jobs|rendering))?(?: now| again)?",
  },
  // variations
  {
    does: "same",
    is: "(?:(?:do |make |now |try )?(?:the )?same)(?: (?:thing|one|picture|image))?(?: again)?(?:,? (?<but>but|only|except))?,? (?<mod>.+)",
  },
  { does: "again", is: "(?:do (?:it|that) |the same |same |same thing )?{again}(?:,? (?<mod>.+))?" },
  {
    does: "again",
    is: "(?:(?:do|make|give me|show me|i want|let['’]?s have) )?(?:another|another one|one more|a new one|another picture|reroll|re-?roll|roll again|reroll (?:it|that))(?: like (?:it|that|this))?",
  },
  {
    does: "again",
    is: "(?:(?:give|show|make|do) (?:me )?)?(?<count>{n}) more(?: (?:{picture}|like (?:it|that|this)|of (?:those|them|these)))?",
  },
  {
    does: "adjust",
    is: "(?:use|with|try|take) (?<option>(?:(?:the )?(?:seed|model|checkpoint|lora|strength)|{n} steps|another|a (?:new|different)).*)",
  },
  { does: "adjust", is: "make (?:it|that|this|that one) (?<option>.+)" },
  { does: "adjust", is: "(?:could|can) (?:i|we|you) (?:get|have|make|do) (?:it|that|this) (?<option>.+)" },
  // larger
  { does: "upscale", is: "{upscale} (?<ref>.+?)(?:,? (?:{bigger}|(?:to|by) (?:a factor of )?(?<scale2>{n})(?: ?x)?))?" },
  { does: "upscale", is: "(?<scale>double|triple|quadruple) (?:the (?:size|resolution) of )?(?<ref>.+?)(?: in size)?" },
  { does: "upscale", is: "(?:{modal} you )?(?:make|scale|get|render) (?<ref>.+?) {bigger}", polite: true },
  { does: "upscale", is: "{modal} you {upscale} (?<ref>.+?)(?: {bigger})?", polite: true },
  { does: "upscale", is: "(?:i (?:want|need)|{want}) (?<ref>.+?),? {bigger}" },
  { does: "upscale", is: "(?<ref>.+?),? (?:but )?(?:please )?{bigger}" },
  // a picture from a picture
  {
    does: "transform",
    is: "(?:redraw|repaint|rework|redo|turn|transform|convert|change|make|draw|paint) (?<ref>.+?) (?:as|into|in the style of) (?<object>.+)",
  },
  // a new picture
  { does: "render", is: "(?<verb>{verb}) (?:{me} )?(?!of )(?<object>.+)" },
  // "paint dries slowly", "render farm prices": these are nouns as well
  { does: "render", is: "(?<verb>{noun}) (?:{me} )?(?<object>(?={determined}).+)" },
  { does: "render", polite: true, is: "{modal} you (?:please |maybe |kindly )?(?:{draw}) (?:{me} )?(?<object>.+)" },
  { does: "render", polite: true, is: "would you mind {drawing} (?:{me} )?(?<object>.+)" },
  { does: "render", is: "(?:{want}) you to (?:{draw}) (?:{me} )?(?<object>.+)" },
  { does: "render", picture: true, polite: true, is: "{ask} (?<object>.+)" },
  { does: "render", picture: true, is: "(?:{make}|{want}) (?:{me} )?(?<object>.+)" },
  { does: "render", picture: true, polite: true, is: "{modal} you (?:please )?(?:{make}) (?:{me} )?(?<object>.+)" },
  { does: "render", picture: true, polite: true, is: "would you mind {making} (?:{me} )?(?<object>.+)" },
  { does: "render", is: "show me (?<object>(?:a|an|two|three|four) (?!list|example|summary|sample|way|few|preview|bit|lot|table).+)" },
  { does: "render", picture: true, bare: true, is: "(?<object>.+)" },
];
