/** Plans in memory, as the port says. */
import type { JsonObject } from "../../core/json.ts";
import type { Plans } from "../../core/ports/stores.ts";

export function createMemoryPlans(): Plans {
  const rows: { principal: string; conversation: string; message: string; plan: JsonObject }[] = [];
  const row = (conversation: string, message: string) =>
    rows.find((entry) => entry.conversation === conversation && entry.message === message);
  return {
    find: async (conversation, message) => row(conversation, message)?.plan,
    async keep(principal, conversation, message, plan) {
      const known = row(conversation, message);
      if (known) return known.plan;
      rows.push({ principal, conversation, message, plan: structuredClone(plan) });
      return plan;
    },
  };
}
