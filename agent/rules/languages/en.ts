/** English: words, options and references. */
import { countTable, type Grammar, table } from "../grammar.ts";
import { frames } from "./en-frames.ts";
import { training, trainingFrames } from "./en-training.ts";

export const english: Grammar = {
  language: "en",
  numbers: countTable(
    "one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9, ten: 10, twelve: 12, once: 1, twice: 2, thrice: 3, double: 2, triple: 3, quadruple: 4, a couple of: 2, a few: 3",
  ),
  ordinals: countTable(
    "first: 1, second: 2, third: 3, fourth: 4, fifth: 5, sixth: 6, seventh: 7, eighth: 8, 1st: 1, 2nd: 2, 3rd: 3, 4th: 4",
  ),
  aspects: table(
    "square: square, portrait: portrait, vertical: portrait, upright: portrait, landscape: landscape, horizontal: landscape, wide: wide, widescreen: wide, panorama: 21:9, panoramic: 21:9, tall: tall",
  ),
  words: {
    training:
      "train (?:{me} )?(?:(?:a|an|another|the|my) )?(?:new )?(?:lora|model|style)|(?:make|create|build) (?:{me} )?(?:(?:a|an|another|the) )?(?:new )?(?:lora|dataset|data set)|rename .|teach (?:it|yourself|the )|caption (?:of )?(?:picture )?#?\\d|leave out (?:the )?(?:picture|photo|image)|(?:list|show me) my (?:loras|datasets)",
    lead: "(?:hi|hello|hey)(?: there| all| you)?|please|pls|plz|ok|okay|now|so|well|then|and|also|next|great|thanks|thank you|alright|good (?:morning|evening|afternoon|day)|yes|yeah|hmm+|uh+m*|um+|oh(?: no| wow| dear)?|wow|ah+|cool|perfect|awesome|lovely|not bad|one more (?:thing|request)|but|actually|sorry|hiya|howdy|heya|(?:it|that) (?:just )?failed|(?:that|it) (?:did not|didn['’]?t) work|go ahead and|this time|just|basically|anyways?|dear [\\p{L}]+|for (?:my|our|the|an?) [\\p{L}]+(?=,? (?:i|we|please|could|can|draw|render|make|create) )|k|kk|nope|on second thou?ghts?|scrap that|hey (?:bot|studio)|(?:that|it|this)(?:['’]s| is| looks| came out)(?: really| so| very| just| pretty)? (?:great|nice|good|perfect|lovely|cool|amazing|awesome|beautiful)|(?:the (?:last|latest) (?:one|job|render)|the (?:job|render)|my (?:picture|job)) (?:just )?(?:failed|crashed|broke)|(?:it|that) (?:just )?crashed",
    tail: "please|pls|plz|thanks|thank you|for me|if you can|if possible|(?<!right )now|then|asap|too|as well|instead|would you|when you (?:can|have time|get a chance)|if you don['’]?t mind|real quick",
    draw: "draw|paint|sketch|render|illustrate|depict|doodle|visuali[sz]e",
    verb: "draw|illustrate|depict|doodle",
    noun: "visuali[sz]e|paint|render|sketch",
    determined:
      "(?:a|an|the|some|my|our|his|her|their|your|another|one|two|three|four|five|six|seven|eight|\\d+|\\uE000|me a|me an)(?: |\\d|x)",
    drawing: "drawing|painting|sketching|rendering|illustrating|depicting|visuali[sz]ing",
    make: "whip up|put together|come up with|make|create|generate|produce|design|imagine|do|give|show|get|bring|let['’]?s have|let['’]?s make|let me have|let me see",
    making: "whipping up|putting together|coming up with|making|creating|generating|producing|giving|showing",
    want: "(?:so )?what i(?:['’]?m| am)? (?:want|need|looking for|after) is|i(?:['’]m| am) (?:looking for|after)|i was hoping for|i could use|i(?:['’]d| would) (?:be (?:grateful|happy|glad|thankful) for|appreciate)|it would be (?:nice|great|cool|lovely) to (?:have|get|see)|i(?:['’]d| would) (?:really |also )?(?:like|love)(?: to (?:have|see|get))?|i (?:really|also) (?:want|need)|i (?:want|need)|we (?:want|need)|i (?:want|need) to (?:have|see|get)",
    ask: "(?:can|could|may) (?:i|we) (?:please |pls |maybe |also )?(?:have|get|see)",
    modal: "can|could|will|would",
    me: "me|us|for me",
    a: "a|an|some|another|one more",
    style: "oil|pencil|ink|charcoal|digital|3d|black and white|colou?r|line|pixel[- ]art|concept|watercolou?r|chalk|comic",
    picture: "pictures?|images?|pics?|renders?|renderings?|versions?|variations?|wallpapers?",
    medium: "photos?|photographs?|drawings?|paintings?|sketch(?:es)?|illustrations?|cartoons?|watercolou?rs?|engravings?|posters?",
    filler: "new|nice|good|beautiful|quick|single|separate|different|more",
    of: "of|showing|depicting|featuring|that (?:shows|depicts)|(?:with|where|in which)(?= (?:a|an|two|three|the|some) )",
    other:
      "videos?|films?|movies?|clips?|animations?|gifs?|songs?|music|melody|voices?|audio|sounds?|speech|podcasts?|scripts?|code|programs?|apps?|websites?|pages?|texts?|story|stories|poems?|essays?|emails?|letters?|summar(?:y|ies)|lists?|tables?|files?|documents?|spreadsheets?|presentations?|slides?|passwords?|invoices?|reports?|prompts?|contracts?|recipes?|backups?|numbers?|accounts?|users?|models?|loras?|datasets?|3d|mesh|jobs?",
    format: "format|oriented|orientation|mode|aspect|shaped",
    enlarge: "make (?:it|that|this|that one|this one) {bigger}$",
    upscale: "upscale|upsize|enlarge|blow up|scale up|magnify",
    times: "{n} ?(?:x|×|times|fold)|(?:x|×) ?{n}|{n}[- ]?fold|twice|double|triple|quadruple",
    bigger:
      "(?:(?:in |at )?(?:a |an )?)(?:bigger|larger)(?: size| version| format)?|(?:in )?(?:a )?high(?:er)? res(?:olution)?|(?:at|to|by)? ?(?<scale>{times})(?: (?:bigger|larger|as (?:big|large)|the (?:size|resolution)|its size|the original size))?",
    cancel: "scrap|terminate|call off|interrupt|cancel|stop|abort|kill|halt|end",
    retry: "retry|re-?try|try again|restart|run again",
    show: "show|list|give|tell|see",
    mine: "my|the|all|all my|all the|your",
    done: "done|ready|finished|complete",
    again: "again|once more|one more time",
    pc: "(?:my|the) (?:pc|computer|machine|gpu|graphics card|video card|card|vram)",
    immediately: "right now|right away|immediately|at once|asap|instantly|now",
    anything: "anything|nothing|it|that|this|any|a|an|the|another|more|pictures?|images?|me",
  },
  commands: [
    "draw",
    "paint",
    "sketch",
    "render",
    "illustrate",
    "please",
    "upscale",
    "enlarge",
    "cancel",
    "retry",
    "resume",
    "pause",
    "generate",
    "create",
    "train",
  ],
  nouns: ["picture", "pictures", "image", "images", "photo", "photos", "drawing", "painting"],
  spellings: table(
    "u: you, ya: you, gimme: give me, lemme: let me, wanna: want to, pleese: please, plese: please, plaese: please, cud: could, cld: could, id: i'd, im: i'm",
  ),
  asking:
    "(?:can|could|would) you(?: please| kindly| maybe| possibly| perhaps| just| quickly| pls| now| also| then| next| be so (?:kind|good|nice) as to| be able to)*|(?:any chance|i was hoping) (?:that )?you (?:could|would|can)|(?:is|would) it (?:be )?possible (?:for you )?to|kindly|i(?:['’]d| would) like you to|i (?:want|need) you to",
  remark:
    "(?:it['’]?s|it is|today|tonight|outside|there(?:['’]s| is| are)|i['’]?m|i am|i['’]?ve|i have|i (?:love|like|adore|feel|work|live|miss|just)|we['’]?re|we are|we (?:have|love|like|live)|(?:my|our) [\\p{L}]+(?: [\\p{L}]+)? (?:loves?|likes?|adores?|is|are|has|have|turns?|wants?)|i(?:['’]ve| have)? changed my mind|what a (?:nice|lovely|beautiful|great|wonderful|rainy|sunny|terrible|long) )(?: |$)",
  purpose:
    "(?:it['’]?s|it is|this is|that['’]?s|these are|they['’]?re) (?:just )?for (?:my|our|a|an|the|his|her|their|work|school|fun) ?|(?:kind|best|warm) (?:regards|wishes)|cheers|sincerely|yours|love|have a (?:nice|good|great) ",
  loaded:
    "not|no|none|never|nobody|nothing|[\\p{L}]+n['’]t|dont|cant|wont|stop|without|hate|if|unless|until|when|whether|said|says?|saying|told|tells?|wrote|writes?|written|reads?|asked|asks?|called|titled?|quotes?|sentence|phrase|you|your|{draw}|{drawing}|drew|drawn|painted|rendered|rendering|{picture}|{medium}|{upscale}|{cancel}|jobs?|models?|loras?|pause|resume|train|videos?|films?|movies?|clips?|animations?|voices?|recordings?",
  denial: "not|never|n't|if|why|who",
  idioms:
    "unto|with|without|for|to|at|about|by|as|into|over|(?:that|this|it) with|assistance|aid|help|html|css|markdown|pdfs?|json|(?:a |the )?(?:clearer|better|different|bigger|full|complete|wrong) picture|inspiration|your|what|how|why|where|when|(?:a )?deep breath|better|worse|faster|well|like (?:a|an|that|this)|a good time|up|on|from|out|back|near|away|in|down|attention|blood|lots|straws|(?:a |any |your own |the |some )?(?:(?:random )?sample (?:from|of)|conclusions?|comparisons?|distinctions?|parallels?|breath|blank|bath|curtains?|line under|card|salary|pension|verdict|service|decision|judge?ment|opinion|lesson|moral|analogy|plan|point|veil over|(?:false|grim|bleak|rosy|clear) picture)\\b|(?:the|this|that|my) (?:problem|point|idea|issue|difference|concept)\\b|the (?:town|line|short straw)\\b",
  empty: "it|that|this|them|something|anything|nothing|one|some|me|us|stuff|things?|pictures?|images?|well|better|again|more",
  condition: "(?<!wonder(?:ing)? )if (?:i|we|you|he|she|they|it|someone|anyone)\\b",
  finite:
    "hangs|costs|shows|means|says|tells|speaks|matters|helps|keeps|makes|gives|needs|seems|would|should|could|might|must|died|got|went|came|made(?! (?:out )?(?:of|from) )|was|were|is|are|has|have|had|does|do|can|will",
  later:
    "tomorrow|later|tonight|this (?:weekend|summer|winter)|some ?time|soon|one day|on (?:mon|tues|wednes|thurs|fri|satur|sun)day|next (?:week|month|year)|some day|someday|another time",
  adjust: "make (?:it|that)",
  past: "(?:was|were|did|had|before|already|yet|better|worse|than)\\b",
  change: "at|in|on|with|without|as|under|during|from|near|inside|by|no|using",
  mediums: table(
    "photos: a photo of, photographs: a photograph of, drawings: a drawing of, paintings: a painting of, sketches: a sketch of, illustrations: an illustration of, cartoons: a cartoon of",
  ),
  verbMediums: table("sketch: a sketch of, doodle: a doodle of"),
  article: "a|an|the",
  references: {
    training:
      "(?:(?:the|my|this|that|our) )?(?:lora )?training(?: of (?:the )?(?<name>\\S+(?: \\S+){0,3}))?|(?:the |my )?lora(?: (?<name2>\\S+))?",
    that: "that|this|it|that one|this one|the (?:picture|image|photo|result|last picture|last image|file|attachment|attached (?:picture|image|photo|file))|(?:that|this) (?:picture|image|photo|file|render|job)|(?:the|that|this) (?:current|running|last|latest|newest|waiting|failed|canceled|broken) (?:job|render|one|picture)|them|mine|the job|the render(?:ing)?|(?:my|the) (?:picture|image|photo|job|render|drawing)",
    all: "all(?: of)?(?: (?:them|these|those))?|(?:all|both)(?: of)? (?:the )?(?:pictures|images|jobs|of them)|everything|every (?:one|job|picture)|each(?: one)?|them all|both(?: of them)?",
    last: "the last(?: one)?(?: picture| image)?|last one|the final one",
    number:
      "(?:(?:the )?(?:number|no\\.?|nr\\.?|#|picture|image) ?(?<number>{n})|#(?<hash>\\d+)|(?:the )?(?<ordinal>{ordinal})(?: (?:one|picture|image))?)",
    words: "(?:the|that|this|my)(?: (?:picture|image) of)?(?: (?:the|a|an))? (?<words>.+)",
  },
  options: [
    { is: "(?:with |use |using |and )?seed(?: is|:| ?=)? ?(?<seed>[-+]?\\d+)" },
    { is: "(?:with |in |using |use )?(?<steps>{n}) steps" },
    { is: "steps:? ?(?<steps>\\d+)", comma: true },
    { is: "(?:(?:with )?strength:? ?)(?<strength>\\d*\\.?\\d+)" },
    { is: "(?:at |in |of |size )?(?<size>\\d{2,5} ?(?:[x×]|by) ?\\d{2,5})(?: pixels| px)?" },
    { is: "(?:with |using |on |use )?(?:the )?(?:model|checkpoint) (?<model>[^\\s,;]+)" },
    { is: "(?:with |using |use )?(?:the )?lora (?<lora>[^\\s,;:]+?)(?:(?: at| with weight| weight|:) ?(?<weight>-?\\d*\\.?\\d+))?" },
    { is: "(?:in |as |with )?(?:a )?(?<aspect>\\d{1,2}:\\d{1,2})(?: format| aspect(?: ratio)?)?" },
    { is: "(?:in |as )?(?:an? )?(?<aspect>{aspect})(?: format| aspect(?: ratio)?| orientation| mode)" },
    { is: "(?:in |as )?(?:an? )?(?<aspect>{aspect})(?: picture| image)?", comma: true },
    { is: "in (?:portrait|landscape|widescreen)", fields: {} },
    { is: "(?:count:? ?|times )(?<count>{n})", comma: true },
    { is: "(?<count>{n}) (?:times|pictures|images|versions|variations|of them)", comma: true },
    { is: "(?:with |use |using )?(?:a |an |another )?(?:different|new|other|another|random) seed", fields: { newSeed: true } },
    { is: "without (?:any |a |an |the )?(?<negative>[^,;.]+)" },
    { is: "(?:but |and |with )?no (?<negative>[^,;.]+)", comma: true },
    { is: "(?:with )?(?:the |a )?negative(?: prompt)?:? (?<negative>.+)", comma: true },
    { is: "(?:please )?(?:avoid|exclude|excluding|leave out) (?<negative>[^;.]+)", comma: true },
  ],
  training,
  frames: [...trainingFrames, ...frames],
};
