/** "Is it done?": answered from the rows. A chat model that had to be loaded for it would take the card from the very job that is asked about. */
import type { Plan, PlannedCall } from "../plan.ts";
import { readRequest } from "../rules/plan.ts";
import type { Turn } from "../turn.ts";

/** Longer says more than that. */
const longest = 120;

const looks = ({ tool, input }: PlannedCall): boolean => tool === "get_job" || (tool === "list_jobs" && input["state"] === "open");

/** Undefined where the words ask for anything else, or for something that is not there. */
export async function planStatus(text: string, turn: Turn): Promise<Plan | undefined> {
  if (text === "" || text.length > longest) return undefined;
  const read = readRequest(text, await turn.memory());
  if (!read || read.calls.length === 0 || !read.calls.every(looks)) return undefined;
  turn.planner = "rules";
  return { planner: "rules", calls: read.calls.map(({ tool, input }) => ({ tool, input })), text: read.say.join("\n") };
}
