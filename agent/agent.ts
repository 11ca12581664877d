/** The agent behind core's port: one turn in, its parts out. Loads the graph with the first turn, so that a server is ready before. */
import type { BaseCheckpointSaver } from "@langchain/langgraph";
import type { Agent, Part, TurnRequest } from "../core/chat.ts";
import { Failure, toFailure } from "../core/failure.ts";
import { noTracing } from "../core/ports/tracing.ts";
import { answerOf } from "./answer.ts";
import { threadOf } from "./conversation.ts";
import type { TurnGraph } from "./graph.ts";
import { type Memory, readMemory } from "./memory/memory.ts";
import { createPartStream, type PartStream } from "./parts.ts";
import type { Question, ThreadUpdate } from "./state.ts";
import type { AgentParts, Turn } from "./turn.ts";

/** A checkpointer, or the way to it where it is opened with the first turn. */
export type CheckpointerSource = BaseCheckpointSaver | (() => Promise<BaseCheckpointSaver>);

function checkRequest({ conversation, message, text, attachments }: TurnRequest): void {
  for (const [name, id] of Object.entries({ conversation, message }))
    if (!/^[\x21-\x7e]{1,200}$/.test(id))
      throw new Failure("invalid_input", `A ${name} id is 1 to 200 printable ASCII characters without spaces. Use a UUID, for example.`);
  if (text.trim() === "" && attachments.length === 0)
    throw new Failure("invalid_input", 'The message is empty. Say what you want, such as "draw a red fox in fresh snow, wide".');
  // PostgreSQL text cannot hold it, and no person types it
  if (text.includes("\u0000")) throw new Failure("invalid_input", "The message holds a NUL character. Remove it.");
}

function createTurn(parts: AgentParts, request: TurnRequest, signal: AbortSignal, out: PartStream): Turn {
  let memory: Promise<Memory> | undefined;
  const turn: Turn = {
    parts,
    request,
    signal,
    memory() {
      memory ??= readMemory(parts.studio, request, turn.brought);
      return memory;
    },
    emit: (part) => out.emit(part),
    say(text) {
      const more = turn.said.length > 0 || turn.streamed;
      turn.said.push(text);
      out.emit({ type: "text", text: more ? `\n${text}` : text });
    },
    brought: [],
    said: [],
    jobs: new Map(),
    planner: "rules",
    notes: [],
    streamed: false,
    replayed: false,
  };
  return turn;
}

/** The input of the graph: a new turn, or the answer to a question that is open on this branch. */
async function inputOf(graph: TurnGraph, turn: Turn, config: { configurable: { thread_id: string } }) {
  const { Command } = await import("@langchain/langgraph");
  const fresh = { plan: null, question: null };
  const answer = answerOf(turn.request.text);
  if (answer === undefined || (await turn.parts.plans.find(threadOf(turn.request), turn.request.message))) return fresh;
  const { tasks } = await graph.getState(config);
  const open = tasks.flatMap((task) => task.interrupts).at(-1)?.value as Question | undefined;
  const { branch } = turn.request;
  if (!open || (branch && !branch.includes(open.message))) return fresh;
  return new Command<boolean, ThreadUpdate, "answer">({ resume: answer === "yes" });
}

async function run(load: () => Promise<TurnGraph>, turn: Turn): Promise<void> {
  const { request } = turn;
  checkRequest(request);
  const graph = await load();
  const config = { configurable: { thread_id: threadOf(request) }, context: { turn }, durability: "exit" as const };
  const result: object = await graph.invoke(await inputOf(graph, turn, config), config);
  const [question] = ("__interrupt__" in result ? (result.__interrupt__ as { value: Question }[]) : []) ?? [];
  if (!question) return;
  const { id, text, path, plan } = question.value;
  turn.emit({ type: "question", id, text, plan, path });
}

export function createAgent({ checkpointer, ...parts }: AgentParts & { checkpointer: CheckpointerSource }): Agent {
  let loading: Promise<TurnGraph> | undefined;
  const load = () => {
    loading ??= (async () => {
      const { createGraph } = await import("./graph.ts");
      return createGraph(typeof checkpointer === "function" ? await checkpointer() : checkpointer);
    })();
    // a database that was away for the first turn must not spoil the second
    loading.catch(() => {
      loading = undefined;
    });
    return loading;
  };

  return {
    async *turn(asked, signal) {
      const begun = performance.now();
      const attributes = { "myspinbot.conversation.id": asked.conversation };
      const span = (parts.tracing ?? noTracing).begin("chat", { parent: asked.traceparent, attributes });
      const request = span.traceparent ? { ...asked, traceparent: span.traceparent } : asked;
      const out = createPartStream();
      const left = new AbortController();
      const turn = createTurn(parts, request, AbortSignal.any([signal, left.signal]), out);
      const done: { error?: unknown } = {};
      let told = false;
      // not awaited by the reader: who leaves ends the planning, never the submits of a stored plan
      const work = run(load, turn)
        .catch((error: unknown) => {
          done.error = error;
        })
        .finally(() => out.end());
      try {
        yield* out;
        await work;
        if (done.error !== undefined) {
          if (turn.signal.aborted) throw turn.signal.reason;
          const failure = toFailure(done.error);
          const { conversation, message } = request;
          if (failure.code === "internal") parts.log.error({ err: failure.cause, conversation, message }, "a turn failed");
          yield { type: "error", error: failure.view() } satisfies Part;
        }
        told = true;
        yield {
          type: "done",
          conversation: request.conversation,
          message: request.message,
          planner: turn.planner,
          jobs: [...turn.jobs.values()],
        } satisfies Part;
      } finally {
        left.abort(new Failure("canceled", "Nobody reads this turn any more."));
        parts.metrics.turn(turn.planner, (performance.now() - begun) / 1000);
        // who leaves in the middle is no error of ours
        const outcome = told ? undefined : "canceled";
        span.set({ "myspinbot.planner": turn.planner, "myspinbot.jobs": turn.jobs.size, "myspinbot.outcome": outcome });
        span.end(told && done.error !== undefined ? toFailure(done.error).code : undefined);
      }
    },

    status: async () =>
      (await parts.model?.status()) ?? { planner: "rules", note: "no chat model; plain requests and slash commands work" },
    async release(signal) {
      await parts.model?.release(signal);
    },
  };
}
