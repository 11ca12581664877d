/** Native planning: the model calls tools; what does not fit goes back to it once, with the reason. */
import { AIMessage, type BaseMessage, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import type { Makes } from "../../core/asset.ts";
import { Failure, toFailure } from "../../core/failure.ts";
import type { JsonObject } from "../../core/json.ts";
import { fillReferences } from "../memory/fill.ts";
import type { Memory } from "../memory/memory.ts";
import type { ModelAnswer, ModelCall, PlanningModel } from "../model/answer.ts";
import { messageWithPictures } from "../model/pictures.ts";
import type { Plan, PlannedCall } from "../plan.ts";
import { picturesFor } from "../seen/pictures.ts";
import { completed } from "../training/complete.ts";
import type { Turn } from "../turn.ts";
import { dataBlock, historyOf, instructions, offered } from "./prompt.ts";

/** Fields a model fills with null or nothing because the schema names them were not asked for. */
function withoutEmpty(input: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null && value !== ""));
}

interface Tried {
  calls: PlannedCall[];
  /** By call, in the order the model made them. */
  failures: (Failure | undefined)[];
}

/** Faults of this request, for the model to hear of; anything else ends the turn. */
function faultOf(error: unknown): Failure {
  const failure = toFailure(error);
  if (failure.code === "internal" || failure.retryable) throw error;
  return failure;
}

/** Each call with ids in place of words, or why not. */
function filled(turn: Turn, memory: Memory, { name, input }: ModelCall): PlannedCall | Failure {
  try {
    const tool = turn.parts.studio.tool(name);
    return { tool: tool.name, input: fillReferences(tool, withoutEmpty(input), memory) };
  } catch (error) {
    return faultOf(error);
  }
}

async function tryCalls(turn: Turn, asked: readonly ModelCall[]): Promise<Tried> {
  const { studio } = turn.parts;
  const memory = await turn.memory();
  const read = asked.map((call) => filled(turn, memory, call));
  const failures = read.map((call) => (call instanceof Failure ? call : undefined));
  // a training whose photos lie beside it is completed, not refused; what is added fails for the call that it was added for
  const own = read.flatMap((call, at) => (call instanceof Failure ? [] : [{ ...call, at }]));
  const calls: PlannedCall[] = [];
  const promised: Makes[] = [];
  for (const { at, ...call } of completed(own, memory)) {
    try {
      const makes = await studio.check(turn.request.principal, call, promised);
      if (makes) promised.push(makes);
      calls.push(call);
    } catch (error) {
      failures[at] ??= faultOf(error);
    }
  }
  return { calls, failures };
}

function repairMessages(answer: ModelAnswer, failures: (Failure | undefined)[]): BaseMessage[] {
  const tool_calls = answer.calls.map(({ id, name, input }) => ({ id, name, args: input, type: "tool_call" as const }));
  return [
    new AIMessage({ content: answer.text, tool_calls }),
    ...answer.calls.map(
      ({ id }, at) =>
        new ToolMessage({ tool_call_id: id, content: failures[at] ? `Error: ${failures[at].message}` : "Not run yet: repeat this call." }),
    ),
    new HumanMessage("Nothing was run. Make all the calls again, corrected, or answer in one sentence why that cannot be done."),
  ];
}

function cutShort(model: PlanningModel): Failure {
  return new Failure(
    "model_failed",
    `The answer of ${model.name} was too long and was cut off; nothing was submitted. Ask for less at a time.`,
  );
}

export async function planNative(model: PlanningModel, turn: Turn, thread: readonly BaseMessage[]): Promise<Plan> {
  const { request, parts, signal } = turn;
  const memory = await turn.memory();
  const attached = await Promise.all(request.attachments.map((id) => parts.studio.artifact(request.principal, id)));
  const pictures = model.sees ? await picturesFor(turn) : [];
  const messages: BaseMessage[] = [
    new SystemMessage(`${instructions}\n${dataBlock(memory, attached)}`),
    ...historyOf(thread, request, pictures.length),
    messageWithPictures(request.text || "(no words, only the attached files)", pictures),
  ];
  const tools = offered(parts.studio.tools);
  let shown = "";
  const ask = async () => {
    const answer = await model.ask(messages, tools, {
      signal,
      onText(text) {
        if (!shown && text.trim() === "") return;
        shown += text;
        turn.streamed = true;
        turn.emit({ type: "text", text });
      },
    });
    if (answer.cut && answer.calls.length > 0) throw cutShort(model);
    return answer;
  };

  let answer = await ask();
  let tried = await tryCalls(turn, answer.calls);
  if (tried.failures.some(Boolean)) {
    messages.push(...repairMessages(answer, tried.failures));
    if (shown) turn.emit({ type: "text", text: "\n" });
    answer = await ask();
    tried = await tryCalls(turn, answer.calls);
  }
  const failed = tried.failures.find(Boolean);
  const cut = answer.cut ? " …" : "";
  if (cut) turn.emit({ type: "text", text: cut });
  const text = `${shown.trim()}${cut}`;
  if (failed) return { planner: "native", calls: [], text, error: failed.view() };
  if (tried.calls.length === 0 && !text)
    throw new Failure("model_failed", `The chat model ${model.name} said nothing. Say it in other words, or use a slash command (/help).`);
  return { planner: "native", calls: tried.calls, text };
}
