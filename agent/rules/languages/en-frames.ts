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
  { does: "call", tool: "retry_job", is: "(?:give (?<ref>.+) another (?:try|go|chance|shot)|try (?<ref2>.+) again)" },
  { does: "call", tool: "retry_job", is: "(?:{retry}|try (?:it|that) (?:{again})|try once more)" },
  {
    does: "call",
    tool: "wait_for_job",
    is: "wait(?: (?<timeout_s>{n}) ?(?:s|secs?|seconds))?(?: (?:for|until|on|till) (?<ref>(?:it|that)(?=['’]s {done})|.+?)(?:(?: is| has| are|['’]s) (?:fully |all )?{done})?)?(?:,? (?:for )?(?<timeout2>{n}) ?(?:s|secs?|seconds))?",
  },
  {
    does: "call",
    tool: "get_job",
    is: "(?:is there )?(?:any|some) (?:progress|news|updates?)(?: on (?<ref>.+?))?(?: yet)?|(?:eta|progress|status)(?: please)?",
  },
  {
    does: "call",
    tool: "get_job",
    is: "when (?:will|is) (?<ref>.+?) (?:be |going to be )?{done}|how much longer|what(?:['’]?s| is) happening with (?<ref2>.+)",
  },
  { does: "call", tool: "retry_job", is: "(?:run|start) (?<ref>.+?) {again}" },
  {
    does: "call",
    tool: "wait_for_job",
    is: "(?:let me know|tell me|ping me|notify me|show me) (?:when|once|as soon as) (?<ref>(?:it|that)(?=['’]s {done})|.+?)(?: is| has|['’]s) {done}",
  },
  {
    does: "call",
    tool: "get_job",
    is: "(?:give me )?(?:a |an |the )?(?:quick )?(?:status|progress)(?: update| report)?(?: (?:of|on|for|about) (?<ref>.+))?|(?:has|did) (?<ref2>.+?) (?:finish|work out|finished)(?: yet| already)?|is (?<ref3>.+?) still (?:running|rendering|going|waiting)|check (?:on )?(?<ref4>.+)|where are we with (?<ref5>.+)",
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
    is: "what(?:['’]?s| is| are) (?:in|on) {mine} (?:queue|line)(?: right now| now| at the moment| currently)?|what(?:['’]?s| is) (?:running|waiting|rendering|queued|going on)(?: now| right now)?|(?:is )?anything (?:running|waiting|rendering|in the queue)(?: now| right now| at the moment)?|what are you (?:working on|doing|rendering|drawing)(?: now| right now| at the moment)?|(?:{show} )?(?:{me} )?{mine} (?:queue|open jobs)",
  },
  {
    does: "call",
    tool: "list_jobs",
    is: "(?:which|what)(?: of)?(?: {mine})? jobs (?:have |are |were )?(?:currently )?(?<state>failed|canceled|succeeded|running|waiting|queued|open)(?: now| right now| at the moment)?|(?:which|what) jobs (?:do i have|have i got|are there)",
  },
  {
    does: "call",
    tool: "list_jobs",
    is: "(?:{show}|which are|what are)(?: {me})?(?: {mine})?(?: (?:last|latest|newest|recent))?(?: (?<limit>{n}))?(?: (?<state>failed|canceled|succeeded|running|waiting|queued|open))? jobs|{mine}(?: recent| latest)? jobs|(?:{show} )?(?:{me} )?(?:{mine} )?job (?:list|history)",
  },
  {
    does: "call",
    tool: "list_models",
    is: "(?:which|what) (?<kind>models|checkpoints|loras|upscalers)(?: (?:do you have|are there|are (?:installed|available|possible)(?: here| right now| on this (?:thing|machine|box|server))?|can (?:i|you|we) use|have you got|exist|do i have|do you (?:know|support|offer)))?|(?:do you have|are there|have you got) (?:any|other|some|more) (?<kind2>models|checkpoints|loras|upscalers)",
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
    is: "(?:i need {pc}|(?:free|release|give back|empty) {pc}|pause|take a break)(?: back)?,? (?:{immediately})(?: and (?:free|release|give back|empty) {pc})?",
  },
  {
    does: "call",
    tool: "pause",
    fields: { mode: "finish" },
    is: "i need {pc}(?: back)?(?: for (?:a (?:while|bit|moment|game|call|meeting)|an hour|gaming|work|something else|some time))?(?:,? (?:(?:so|please|and|then),? )*(?:pause|take a break|stop working))?|(?:free(?: up)?|release|give back|empty) {pc}|give me {pc} back|(?:pause|take a break|hold on|stop working)(?: (?:the (?:studio|queue)|everything|all(?: (?:the |my )?(?:jobs|work))?|rendering|for now|for a (?:while|moment|bit)|(?:after|when) (?:the|this) (?:current|running) (?:job|render|one)(?: is done)?))?(?:,? i (?:want|need) to (?:play|work|use) .*)?",
  },
  {
    does: "call",
    tool: "resume",
    is: "(?:i['’]?m (?:done|finished|back)(?: (?:playing|gaming|working|with (?:it|my game|{pc})))?,? )?(?:you can |you may )?(?:resume|go on|continue|carry on|keep going|unpause|start up again|get going again)(?: working| work| (?:with )?(?:the )?(?:studio|jobs|rendering|queue))?(?: now| again)?",
  },
  // variations
  {
    does: "same",
    is: "(?:(?:do |make |now |try )?(?:the )?same)(?: (?:thing|one|picture|image))?(?: again)?(?:,? (?<but>but|only|except))?,? (?<mod>.+)",
  },
  {
    does: "again",
    is: "(?:do (?:it|that) |the same |same |same thing |try |render (?:it|that) )?{again}(?:,? (?<but>but|only|just))?,? (?<mod>.+)",
  },
  { does: "again", is: "(?:do (?:it|that) |the same |same |same thing )?{again}" },
  { does: "adjust", is: "(?:redo|repeat|re-?run|re-?render|remake|render|do) (?:it|that|this)(?: {again})?,? (?:but )?(?<option>.+)" },
  {
    does: "again",
    is: "(?:(?:do|make|give me|show me|i want) )?(?:another|another one|one more|a new one)(?: like (?:it|that|this))?,? (?<but>but|only|just|this time)(?: (?:this time|now))?,? (?<mod>.+)",
  },
  {
    does: "again",
    is: "(?:(?:do|make|give me|show me|i want|let['’]?s have) )?(?:(?:another|one more|a (?:new|different)) (?:picture|image|version|variation|variant|take|try)|a variation|another|another one|one more|a new one|reroll|re-?roll|roll again|reroll (?:it|that))(?: (?:like|of) (?:it|that|this|these|those|them|the same))?",
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
  {
    does: "focus",
    is: "i (?:really )?(?:like|love|prefer|choose|pick)(?: the look of)? (?<ref>.+?)(?: best| most| the (?:most|best)| better)?",
  },
  {
    does: "focus",
    is: "(?<ref>(?:the |number )?[\\p{L}\\d]+(?: one| picture| image)?) is (?:really |so )?(?:great|nice|good|perfect|lovely|the best|my favou?rite|best|cool)",
  },
  { does: "upscale", is: "(?:blow|scale) (?<ref>.+?) up(?: {bigger})?" },
  { does: "upscale", is: "(?:increase|raise) the (?:size|resolution) of (?<ref>.+?)(?:,? (?:{bigger}))?" },
  {
    does: "upscale",
    is: "(?:give me|show me|can i (?:get|have)|could i (?:get|have)|i(?:['’]d| would) like|i (?:want|need)) (?:a )?(?:bigger|larger|high(?:er)?[- ]res(?:olution)?)(?: version| copy)? of (?<ref>.+)",
    polite: true,
  },
  { does: "upscale", is: "{upscale} (?<ref>.+?)(?:,? (?:{bigger}|(?:to|by) (?:a factor of )?(?<scale2>{n})(?: ?x)?))?" },
  { does: "upscale", is: "(?<scale>double|triple|quadruple) (?:the (?:size|resolution) of )?(?<ref>.+?)(?: in size)?" },
  { does: "upscale", is: "(?:{modal} you )?(?:make|scale|get|render) (?<ref>.+?) {bigger}", polite: true },
  { does: "upscale", is: "{modal} you {upscale} (?<ref>.+?)(?: {bigger})?", polite: true },
  { does: "upscale", is: "(?:i (?:want|need)|{want}) (?<ref>.+?),? {bigger}" },
  { does: "upscale", polite: true, is: "{ask} (?<ref>.+?) {bigger}" },
  {
    does: "upscale",
    is: "(?:make|give me|show me|create) (?:a )?(?:bigger|larger|high(?:er)?[- ]res(?:olution)?) (?:version|copy|one) of (?<ref>.+)",
  },
  { does: "upscale", is: "(?:bigger|larger)(?: version)?" },
  { does: "upscale", is: "(?<ref>.+?)(?:,? please)?,? (?:but )?(?:please )?{bigger}" },
  // a picture from a picture
  {
    does: "transform",
    is: "(?:redraw|repaint|rework|redo|turn|transform|convert|change|make|draw|paint) (?<ref>.+?) (?:as|into|in the style of) (?<object>.+)",
  },
  // a new picture
  { does: "render", is: "(?<verb>{verb}):? (?:{me} )?(?!of )(?<object>.+)" },
  // "paint dries slowly", "render farm prices": these are nouns as well
  { does: "render", is: "(?<verb>{noun}):? (?:{me} )?(?<object>(?={determined}).+)" },
  { does: "render", polite: true, is: "{modal} you (?:please |maybe |kindly )?(?:{draw}) (?:{me} )?(?<object>.+)" },
  { does: "render", polite: true, is: "would you mind {drawing} (?:{me} )?(?<object>.+)" },
  { does: "render", is: "(?:{want}) you to (?:{draw}) (?:{me} )?(?<object>.+)" },
  { does: "render", is: "let['’]?s (?:{draw}) (?:{me} )?(?<object>(?:a|an|{n}) .+)" },
  {
    does: "render",
    bare: true,
    is: "imagine (?<object>(?:a|an) (?!(?:\\S+ )?(?:day|life|time|world|future|situation|scenario|case|number|company|place|week|moment)\\b)(?!.*\\b(?:where|without|which|who|when|if|you|your)\\b).+)",
  },
  {
    does: "render",
    polite: true,
    is: "show me what (?<object>(?:a|an|two|three) (?!(?:\\S+ )?{other}\\b).+?) (?:would|might|could) look like",
  },
  {
    does: "render",
    polite: true,
    is: "(?:(?:i was wondering|i wonder|do you think)(?: if)?|(?:is|would) it (?:be )?possible(?: for you)?(?: that)?|any chance) you (?:could|can|would) (?:please |maybe )?(?:{draw}) (?:{me} )?(?<object>.+)",
  },
  { does: "render", picture: true, polite: true, is: "(?:how|what) about (?<object>.+)|any chance of (?:getting )?(?<object2>.+)" },
  { does: "render", picture: true, is: "(?<object>.+?) would be (?:nice|great|lovely|cool|awesome|good|perfect|wonderful)" },
  { does: "render", picture: true, polite: true, is: "{ask} (?<object>.+)" },
  { does: "render", picture: true, is: "(?:{make}|{want}) (?:{me} )?(?<object>.+)" },
  { does: "render", picture: true, shaped: true, is: "(?:create|generate|produce) (?:{me} )?(?<object>.+)" },
  {
    does: "render",
    picture: true,
    shaped: true,
    polite: true,
    is: "{modal} you (?:please )?(?:create|generate|produce) (?:{me} )?(?<object>.+)",
  },
  { does: "render", picture: true, polite: true, is: "{modal} you (?:please )?(?:{make}) (?:{me} )?(?<object>.+)" },
  { does: "render", picture: true, polite: true, is: "would you mind {making} (?:{me} )?(?<object>.+)" },
  {
    does: "render",
    is: "show me (?<object>(?:a|an|two|three|four) (?!(?:\\S+ )?{other}\\b)(?!list|example|summary|sample|way|few|preview|bit|lot|table).+)",
  },
  { does: "render", picture: true, bare: true, is: "(?<object>(?!another version|.* of (?:him|her|me|you|us|them|it) ).+)" },
];
