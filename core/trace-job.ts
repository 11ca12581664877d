/** What spans say of a job: ids and names of ours. Not its input, its title or its principal, which a person wrote or is. */
import type { Job } from "./job.ts";
import type { Attributes } from "./ports/tracing.ts";

export function jobAttributes({ id, tool, engine, family, origin, tree }: Job): Attributes {
  return {
    "myspinbot.job.id": id,
    "myspinbot.tool": tool,
    "myspinbot.engine": engine,
    "myspinbot.family": family,
    "myspinbot.conversation.id": origin?.conversation,
    // of a clip: the job that this one is a stage of
    "myspinbot.job.head": tree && tree.head !== id ? tree.head : undefined,
  };
}
