/** A turn that is followed again from its beginning: lets through only what the reader has not seen. */
import type { Part } from "../core/chat.ts";

export function createReplayFilter(): { restart(): void; pass(part: Part): Part | undefined } {
  const seen = new Set<string>();
  const jobs = new Map<string, string>();
  /** Text that the reader has. */
  let told = "";
  /** Text of the present run; undefined once it is past what was told, or goes another way. */
  let again: string | undefined;

  function text(part: Extract<Part, { type: "text" }>): Part | undefined {
    if (again === undefined) {
      told += part.text;
      return part;
    }
    again += part.text;
    if (told.startsWith(again)) return undefined;
    const fresh = again.startsWith(told) ? again.slice(told.length) : `\n${again}`;
    told = again;
    again = undefined;
    return { type: "text", text: fresh };
  }

  function once(key: string, part: Part): Part | undefined {
    if (seen.has(key)) return undefined;
    seen.add(key);
    return part;
  }

  return {
    restart() {
      again = "";
    },
    pass(part) {
      switch (part.type) {
        case "text":
          return text(part);
        case "artifact":
          return once(`artifact ${part.artifact.id}`, part);
        case "question":
          return once(`question ${part.id}`, part);
        case "error":
          return once(`error ${part.job ?? ""} ${part.error.code} ${part.error.message}`, part);
        case "job": {
          const view = JSON.stringify(part.job);
          if (jobs.get(part.job.id) === view) return undefined;
          jobs.set(part.job.id, view);
          return part;
        }
        default:
          return part;
      }
    },
  };
}
