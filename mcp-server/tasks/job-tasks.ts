/** Jobs as tasks: the task's id is the job's, its states map one to one, and its result is what wait_for_job would say. */
import type { InvokedView } from "../../core/client.ts";
import { Failure } from "../../core/failure.ts";
import { isTerminal, type JobState } from "../../core/job.ts";
import type { JobView } from "../../core/view.ts";
import { type AnswerParts, answerResult, standing } from "../answers.ts";
import type { Door } from "../door.ts";
import type { DetailedTask, Task, TaskSource } from "./task.ts";

const statuses: Record<JobState, Task["status"]> = {
  queued: "working",
  running: "working",
  canceling: "working",
  succeeded: "completed",
  failed: "completed",
  canceled: "cancelled",
};

export function taskOf(job: JobView): Task {
  return {
    taskId: job.id,
    status: statuses[job.state],
    statusMessage: standing(job),
    createdAt: job.created_at,
    lastUpdatedAt: job.finished_at ?? job.started_at ?? job.created_at,
  };
}

/** A client need not know which ids can be jobs. */
function unlessUnknown(error: unknown): undefined {
  if (error instanceof Failure && (error.code === "unknown_job" || error.code === "invalid_input")) return undefined;
  throw error;
}

/** Looks and cancels by the tools, which check what the person may do. */
export function jobTasks(door: Pick<Door, "invoke">, parts: () => AnswerParts): TaskSource {
  const look = async (id: string): Promise<{ job: JobView; answer: Extract<InvokedView, { kind: "answer" }> } | undefined> => {
    const answer = await door.invoke("get_job", { job_id: id }).catch(unlessUnknown);
    return answer?.kind === "answer" ? { job: answer.data["job"] as unknown as JobView, answer } : undefined;
  };
  return {
    async get(id) {
      const found = await look(id);
      if (!found) return undefined;
      const { job, answer } = found;
      const task: DetailedTask = taskOf(job);
      if (task.status !== "completed") return task;
      const result = await answerResult(answer, parts());
      return { ...task, result: { ...result, ...(job.state === "failed" ? { isError: true } : {}) } };
    },
    update: async (id) => (await look(id)) !== undefined,
    async cancel(id) {
      const found = await look(id);
      if (found && !isTerminal(found.job.state)) await door.invoke("cancel_job", { job_id: id });
      return found !== undefined;
    },
  };
}
