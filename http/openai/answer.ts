/** The objects of an answer: whole, or in chunks. */
import type { JobState } from "../../core/job.ts";
import type { JsonObject } from "../../core/json.ts";
import { modelId } from "./request.ts";
import type { Thread } from "./thread.ts";
import type { Writer } from "./writer.ts";

/** Nothing is billed by tokens here; clients that ask get the field. */
const usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };

/** What no OpenAI client knows and ours may want: ids for the HTTP API. */
export interface Extra {
  conversation: string;
  message: string;
  jobs: { id: string; state: JobState }[];
  artifacts: { id: string; name: string; media_type: string; bytes: number; sha256: string; preview: boolean }[];
}

export function extraOf({ conversation, message }: Thread, writer: Writer): Extra {
  const artifacts = writer
    .artifacts()
    .map(({ id, name, media_type, bytes, sha256, preview }) => ({ id, name, media_type, bytes, sha256, preview }));
  return { conversation, message, jobs: writer.jobs(), artifacts };
}

const head = (thread: Thread, created: number, object: string) => ({ id: `chatcmpl-${thread.message}`, object, created, model: modelId });

export function completion(thread: Thread, created: number, content: string, extra: Extra) {
  const message = { role: "assistant", content, refusal: null };
  return {
    ...head(thread, created, "chat.completion"),
    choices: [{ index: 0, message, logprobs: null, finish_reason: "stop" }],
    usage,
    x_myspinbot: extra,
  };
}

/** Makes the chunks of one answer. With `counted`, each has `usage`, and one more comes last. */
export function chunksFor(thread: Thread, created: number, counted: boolean) {
  const begin = head(thread, created, "chat.completion.chunk");
  const chunk = (delta: JsonObject, finish: "stop" | null, extra?: Extra) => ({
    ...begin,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    ...(counted ? { usage: null } : {}),
    ...(extra ? { x_myspinbot: extra } : {}),
  });
  return {
    first: () => chunk({ role: "assistant", content: "" }, null),
    text: (content: string) => chunk({ content }, null),
    last: (extra: Extra) => chunk({}, "stop", extra),
    usage: () => ({ ...begin, choices: [], usage }),
  };
}
