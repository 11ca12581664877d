/** English: training, and what was trained. */
import type { Frame, TrainingWords } from "../grammar.ts";

const shots =
  "(?:photos?|photographs?|pictures?|images?|pics?|selfies|shots|snaps|snapshots|files?|attachments?|uploads?|zips?|zip files?|archives?)";
const these = "(?:all )?(?:of )?(?:these|those|the|my|our|this|that|attached|all)(?: of (?:these|those|them))?(?: the| my)?";
const from = "(?:on|from|with|using|out of|based on)";
const gone = "(?: (?:that )?(?:i|we) (?:just )?(?:attached|sent|uploaded|posted|gave you|have attached)| above| attached| here| below)?";
/** A name or phrase of some words; the shortest behind which another option begins, or nothing. */
const few = "\\S+(?: \\S+){0,4}?";
const name =
  "(?:call(?:ing)?|nam(?:e|ing)) (?:it|him|her|them|this|that|the (?:lora|dataset))|called|named|(?:with |by |under )?(?:the |a )?name(?: is| of| be)?";
const trigger =
  "(?:with |using |use |by )?(?:the |a |an |my |its |it is |it['’]?s )?trigger(?:s|ed by|ing)?(?:[- ](?:words?|phrases?|tokens?|keywords?|names?))?(?: (?:is|are|be|being|should be|will be|shall be|of|with|on))?";

export const training: TrainingWords = {
  options: [
    {
      begins: `${from} (?:that|this|the|it|the new|my) (?:dataset|data set)(?=$|[ ,;.])`,
      is: `${from} (?:that|this|the|the new) (?<these>dataset|data set)(?! (?:called|named))`,
    },
    {
      begins: `${from} (?:the |my |our )?(?:dataset|data set)`,
      is: `${from} (?:the |my |our )?(?:dataset|data set)(?: called| named)?:? (?<dataset>${few})`,
    },
    { begins: "dataset:?", is: `dataset:? (?<dataset>${few})` },
    {
      begins: `${from} (?:the |my |our )\\S+(?: \\S+){0,2}? (?:dataset|data set)`,
      is: `${from} (?:the |my |our )(?<dataset>\\S+(?: \\S+){0,2}?) (?:dataset|data set)`,
    },
    {
      begins: `(?:${from} )?${these}(?: attached)?(?: (?:{n}))?(?: attached)?(?: \\S+){0,2}? ${shots}`,
      is: `(?:${from} )?(?<these>${these})(?: attached)?(?: (?:{n}))?(?: attached)?(?: (?<subject>\\S+(?: \\S+)?))?? ${shots}${gone}(?: of (?<subject2>${few}))?`,
    },
    { begins: `${from} (?:{n}) ${shots}`, is: `${from} (?<these>{n}) ${shots}${gone}(?: of (?<subject>${few}))?` },
    { begins: `${from} (?:it|them|these|those|this|that|all of them)`, is: `${from} (?<these>it|them|these|those|this|that|all of them)` },
    { begins: name, is: `(?:${name}):? (?<name>${few})` },
    { begins: trigger, is: `(?:${trigger})(?: ?[:=])? (?<trigger>\\S+(?: \\S+){0,11}?)` },
    {
      begins: "(?:for |with |in |at |over |use )?[\\d.,]+k? ?steps|steps:? \\d",
      is: "(?:for |with |in |at |over |use )?(?<steps>[\\d.,]+k?) ?steps|steps:? (?<steps2>\\d+)",
    },
    {
      begins: "(?:with |at |use |of )?(?:a |the )?(?:network )?(?:rank|dim(?:ension)?)",
      is: "(?:with |at |use |of )?(?:a |the )?(?:network )?(?:rank|dim(?:ension)?)(?: of| is)?[ :=-]{1,2}(?<rank>\\d+)",
    },
    { begins: "(?:with |use |using )?(?:the )?seed", is: "(?:with |use |using )?(?:the )?seed(?: of| is)?[ :=]{1,2}(?<seed>\\d+)" },
    {
      begins: "(?:at |with |in )?(?:a )?(?:resolution|size)|at \\d{3,4}",
      is: "(?:at |with |in )?(?:a )?(?:resolution|size)(?: of)?[ :=]{1,2}(?<resolution>\\d{3,4})(?: ?px| pixels)?|at (?<resolution2>\\d{3,4})(?: ?px| pixels)?",
    },
    {
      begins: "(?:for |on |with |using |based on )?(?:the )?(?:base )?(?:model|checkpoint)",
      is: "(?:for |on |with |using |based on )?(?:the )?(?:base )?(?:model|checkpoint):? (?<model>\\S+)",
    },
    {
      begins: "(?:with )?faces only|only (?:the )?(?:faces|ones with (?:a )?faces?)",
      is: "(?<faces>(?:with )?faces only|only (?:the )?(?:faces|ones with (?:a )?faces?))",
    },
    { begins: "(?:of|for|about) (?:my|our|me|us)", is: `(?:of|for|about) (?<subject>(?:my|our) ${few}|me|us)` },
    { begins: "(?!)", is: `(?:of |for |about |to (?:know|draw|paint|recogni[sz]e) )?(?<subject>(?:my|our|this|the|a|an) ${few})` },
  ],
  withIt: "(?:with|using) (?:it|that|this|him|her|the (?:new |finished )?lora|that lora|this lora|my (?:new )?lora)",
  self: "me|us|myself|ourselves|it|him|her|them|something|one",
  verb: "train|training|fine-?tune|teach|learn",
  thing: "loras?|photos?|pictures?|images?|pics?|selfies|dataset|trigger(?: words?)?",
  never:
    "not|[\\p{L}]+n['’]t|dont|cant|never|no|nothing|nobody|if(?! you (?:could|can|would|will))|unless|until|when|whether|why|how|what|who|where|yesterday|tomorrow|later|someday|soon|did|had|was|were|is it|are you|do you|does|explain|tell me|said|says|trained|stop|cancel|delete|remove",
};

const lora = "(?:lora|style lora|character lora|face lora|person lora)(?: model)?";
const the = "(?:the |my |this |that |our )?";
const kept =
  "(?:keep|save|use|publish) (?:it|that|this|what (?:there is|you have|you['’]ve got|we have|i have|it has|it learned|it has learned|is there)|the (?:result|lora))(?: so far| as it is)?";
const kind = "(?<kind>lora|dataset|data set)";
const gather = "(?:make|create|build|prepare|put together|assemble)";

export const trainingFrames: Frame[] = [
  {
    does: "train",
    is: `(?:train|fine-?tune|make|create|build)(?: {me})? (?:(?:a|an|another|one|the|my) )?(?:new )?${lora}(?<rest>(?:[ ,:;].*)?)`,
  },
  { does: "train", is: "train(?: {me})? (?:a|an|another|my)(?: new)? (?:model|style|character)(?<rest>(?:[ ,:;].*)?)" },
  { does: "train", is: "train(?: it| yourself)?(?<rest> (?:on|with|from|using) .*)" },
  {
    does: "train",
    is: "(?:teach|train) (?:it|yourself|the (?:model|studio|ai|renderer|bot))(?: about| to (?:know|draw|paint|recogni[sz]e))?(?<rest> (?:my|our|this|the|a|an) .*)",
  },
  { does: "train", is: "learn(?<rest> (?:my|our|this) .*)" },
  {
    does: "dataset",
    is: `${gather}(?: {me})? (?:(?:a|an|another|one|the|my) )?(?:new )?(?:training )?(?:dataset|data set)(?<rest>(?:[ ,:;].*)?)`,
  },
  {
    does: "dataset",
    is: `turn(?<rest> (?:these|those|them|this|the|my)(?: .*?)?) into (?:a )?(?:new )?(?:dataset|data set)(?<more>(?:[ ,:;].*)?)`,
  },
  {
    does: "order",
    fields: { order: "keep" },
    is: `(?:stop|end|finish|halt|abort)(?: ${the}(?:lora )?training(?: of (?<ref>\\S+(?: \\S+)??))?| it)?(?: now| here| early)?,? (?:and|but) ${kept}|${kept} and (?:stop|end|finish)(?: ${the}training| it)?|(?:that|this|it) is (?:good )?enough(?: training)?,? (?:and )?${kept}|that['’]?s (?:good )?enough(?: training)?,? (?:and )?${kept}`,
  },
  {
    does: "order",
    fields: { order: "sample" },
    is: `(?:(?:show|give|make|send|draw|render|take)(?: {me})? )?(?:a|an|another|one|one more|the (?:current|latest|next))(?: new| quick| fresh)* sample(?: picture| image)?(?: of (?:it|${the}training))?(?: right)?(?: now)?|sample(?: right)? now|(?:show|give|make) (?:me )?samples(?: now)?`,
  },
  {
    does: "order",
    fields: { order: "save" },
    is: `save(?: it| ${the}(?:training|state|progress|lora|checkpoint)(?: of (?<ref>\\S+(?: \\S+)??))?| a (?:checkpoint|state))?(?: right)?(?: now| here)?`,
  },
  { does: "stop", is: `(?:stop|end|halt|finish) ${the}(?:lora )?training(?: of (?<ref>\\S+(?: \\S+)??))?(?: now| here)?` },
  {
    does: "call",
    tool: "cancel_job",
    is: `(?:cancel|abort|kill|scrap|throw away) (?<ref>${the}(?:lora )?training(?: of \\S+(?: \\S+)??)?)`,
  },
  {
    does: "call",
    tool: "retry_job",
    is: `(?:resume|continue|go on with|carry on with|pick up|restart|retry|take up) (?<ref>${the}(?:lora )?training(?: of \\S+(?: \\S+)??)?)(?: again)?|(?:go on|continue|carry on) training(?: (?<ref2>\\S+))?`,
  },
  {
    does: "call",
    tool: "get_job",
    is: `what does (?<ref>it|that|this|${the}(?:lora )?training|\\S+) look like(?: now| so far| yet| at the moment| right now)*|how (?:good|far) is (?<ref2>it|\\S+) (?:now|by now|so far)|what(?:['’]s| is) (?<ref3>the training) (?:at|doing)|how(?:['’]?s| is) (?<ref4>it|that|this|${the}(?:lora )?training|\\S+) (?:doing|looking)(?: now| so far)?`,
  },
  {
    does: "call",
    tool: "list_assets",
    fields: { kind: "lora" },
    is: "(?:{show} (?:{me} )?)?(?:my|all my|all of my)(?: own| trained)? loras|(?:which|what) loras (?:do i have|have i (?:trained|made|got)|are mine)|do i have (?:any )?loras|what have i trained(?: so far)?",
  },
  {
    does: "call",
    tool: "list_assets",
    fields: { kind: "dataset" },
    is: "(?:{show} (?:{me} )?)?(?:my|all my|the|all|all of my)(?: own)? (?:datasets|data sets)|(?:which|what) (?:datasets|data sets) (?:do i have|have i (?:made|got)|are (?:mine|there))|do i have (?:any )?(?:datasets|data sets)",
  },
  { does: "call", tool: "list_assets", is: "(?:{show} (?:{me} )?)?(?:my|all my) (?:assets|loras and datasets|datasets and loras)" },
  {
    does: "caption",
    is: `(?:change |set |make |correct |fix )?(?:the )?caption (?:(?:of|for) )?(?:(?:the )?(?:picture|photo|image) )?(?:number |no\\.? ?|#)?(?<number>\\d+)(?: in (?:the )?(?:dataset )?(?<dataset>\\S+))?(?: ?[:=]| (?:to|is|should be|should say|as|with)) ?(?<caption>.+)`,
  },
  {
    does: "leave_out",
    is: `(?:leave out|leave|drop|remove|exclude|skip|delete|take out|throw out|omit) (?:the )?(?:(?:pictures?|photos?|images?|numbers?|nos?\\.?) |#)?(?<numbers>#?\\d+(?:(?:,? and |, ?| ?& ?| )#?\\d+)*|(?:{ordinal}) (?:picture|photo|image|one))(?: out)?(?: (?:in|of|from) (?:(?:the|my) )?(?:dataset(?: (?<dataset>\\S+(?: \\S+){0,3}))?|(?<dataset2>\\S+(?: \\S+){0,3}?)(?: dataset)?))?`,
  },
  {
    does: "rename",
    is: `rename ${the}(?:${kind} )?(?:called |named )?(?<ref>.+?)(?: (?<kind2>lora|dataset|data set))? (?:to|into|as) (?<name>.+)`,
  },
  {
    does: "delete",
    is: `(?:delete|remove|erase|get rid of|throw away) ${the}${kind} (?:called |named )?(?<ref>.+)|(?:delete|remove|erase|get rid of|throw away) ${the}(?<ref2>.+?)(?: (?<kind2>lora|dataset|data set))?`,
  },
];
