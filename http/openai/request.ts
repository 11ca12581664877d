/** A chat completion request as other programs send it: what is read, what is ignored, and what is refused in words. */
import { z } from "zod";
import { Failure } from "../../core/failure.ts";
import { parseWith } from "../body.ts";
import { HttpFailure } from "../failures.ts";

export const modelId = "myspinbot";

const part = z.looseObject({
  type: z.string().max(40),
  text: z.string().nullish(),
  image_url: z.union([z.string(), z.looseObject({ url: z.string() })], { error: "is {url: data:image/png;base64,…}" }).nullish(),
});

const message = z.looseObject({
  role: z.enum(["system", "developer", "user", "assistant", "tool", "function"]),
  content: z.union([z.string(), z.array(part)], { error: "must be text or a list of parts" }).nullish(),
});
export type Message = z.output<typeof message>;

const given = z.string().min(1).max(512).describe("1 to 512 characters of your own choice.");

/** Loose: what a model server would tune its sampling by means nothing here, and must not keep a client out. */
export const completionRequest = z.looseObject({
  model: z.string().max(200).describe(`"${modelId}".`),
  messages: z.array(message).min(1).max(5000).describe("The history; the last message of the user is the request."),
  stream: z.boolean().nullish().describe("Chunks as server-sent events while the work goes on."),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  user: z.string().max(512).nullish().describe("Keeps the conversations of several people behind one key apart."),
  metadata: z
    .looseObject({ conversation_id: given.nullish(), message_id: given.nullish() })
    .nullish()
    .describe("conversation_id: the conversation this belongs to. message_id: a new one is a new turn."),
  n: z.literal(1, { error: 'must be 1: ask for several pictures in words, such as "4 pictures of a red fox"' }).nullish(),
  modalities: z.array(z.literal("text", { error: "must be text: pictures come as links in the text" })).nullish(),
});
export type CompletionRequest = z.output<typeof completionRequest>;

/** Failure `unknown_model` (404) for another model, `invalid_input` with the field's name for what cannot be honoured. */
export function readRequest(body: unknown): CompletionRequest {
  const request = parseWith(completionRequest, body);
  if (request.model !== modelId)
    throw new HttpFailure(
      404,
      "unknown_model",
      `There is no model "${request.model.slice(0, 60)}" here. Use "${modelId}"; what renders is chosen in words, and GET /v1/tools lists what it can do.`,
    );
  return request;
}

/** The words of a message, in whatever form they came. */
export function wordsOf({ content }: Message): string {
  if (typeof content === "string") return content.trim();
  return (content ?? [])
    .flatMap((entry) => (entry.type === "text" && entry.text ? entry.text : []))
    .join("\n")
    .trim();
}

/** The addresses of a message's pictures: `data:` or not. */
export function picturesOf({ content }: Message): string[] {
  if (!Array.isArray(content)) return [];
  return content.flatMap(({ type, image_url: image }) => {
    if (type !== "image_url" || !image) return [];
    return typeof image === "string" ? image : image.url;
  });
}

/** Failure `invalid_input` for a request without words and picture, or with a kind of part that cannot be read. */
export function checkAsked(asked: Message, index: number): void {
  const odd = Array.isArray(asked.content) ? asked.content.findIndex(({ type }) => type !== "text" && type !== "image_url") : -1;
  if (odd >= 0 && Array.isArray(asked.content))
    refuse(`messages.${index}.content.${odd}.type`, `"${asked.content[odd]?.type}" cannot be read; send text and image_url parts`);
  if (wordsOf(asked) === "" && picturesOf(asked).length === 0)
    refuse(`messages.${index}.content`, 'say what you want, such as "draw a red fox in fresh snow, wide", or attach a picture');
}

/** Failure `invalid_input` about one field. */
export function refuse(path: string, message: string): never {
  throw new Failure("invalid_input", `The request does not fit. ${path}: ${message}.`, { fields: [{ path, message }] });
}
