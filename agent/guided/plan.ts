/** Guided planning, for a model that cannot call tools: rules choose the tool, and where they cannot place every word the model fills in its text. */

import { fillReferences } from "../memory/fill.ts";
import { NotOffered, type PlanningModel } from "../model/answer.ts";
import type { PlannerChoice } from "../model.ts";
import type { Plan, PlannedCall } from "../plan.ts";
import { knownTools } from "../rules/compile.ts";
import { askBack, readRequest } from "../rules/plan.ts";
import type { Reading } from "../rules/reading.ts";
import { completed } from "../training/complete.ts";
import type { Turn } from "../turn.ts";
import { fillIn } from "./fill.ts";
import { recogniser } from "./recognise.ts";
import { answerAboutPictures } from "./talk.ts";

type Guided = Extract<PlannerChoice, { planner: "guided" }>;

/** Questions to the model in one turn; a sentence that leaves more open is asked back. */
const most = 3;

/** Every open call filled in, or undefined: nothing of a request is submitted that was not understood as a whole. */
async function filled(reading: Reading, model: PlanningModel, turn: Turn): Promise<PlannedCall[] | undefined> {
  const { studio } = turn.parts;
  const memory = await turn.memory();
  if (reading.calls.filter(({ open }) => open !== undefined).length > most) return undefined;
  const calls: PlannedCall[] = [];
  for (const { open, ...call } of reading.calls) {
    const tool = studio.tool(call.tool);
    const whole = open === undefined ? call : await fillIn(model, tool, { ...call, open }, turn.signal);
    if (!whole) return undefined;
    calls.push({ ...whole, input: fillReferences(tool, whole.input, memory) });
  }
  return calls;
}

const brings = (better: string | undefined) => (better ? ` (${better} brings one that can)` : "");

export async function planGuided({ model, better }: Guided, text: string, turn: Turn): Promise<Plan> {
  const byRules = `Planned by rules: the chat model ${model.name} cannot call tools${brings(better)}.`;
  const plan = (planner: "guided" | "rules", { calls, say }: Reading, note: string): Plan => ({
    planner,
    calls,
    text: [...say, note].join("\n"),
  });
  const memory = await turn.memory();
  const sure = readRequest(text, memory);
  if (sure) return plan("rules", sure, byRules);

  const told = await answerAboutPictures(model, text, turn);
  if (told) return told;
  const open = readRequest(text, memory, recogniser(turn.parts.studio.tools, knownTools));
  if (!open) return plan("rules", askBack, byRules);
  try {
    const calls = await filled(open, model, turn);
    if (calls && !open.calls.some((call) => call.open)) return plan("rules", { calls, say: open.say }, byRules);
    if (calls)
      return plan(
        "guided",
        { calls: completed(calls, memory), say: open.say },
        `Planned by rules with ${model.name} filling in the words.`,
      );
  } catch (error) {
    if (!(error instanceof NotOffered)) throw error;
    return plan("rules", askBack, `Planned by rules: the chat model ${model.name} offers neither tool calls nor answers to a schema.`);
  }
  return plan("rules", askBack, byRules);
}
