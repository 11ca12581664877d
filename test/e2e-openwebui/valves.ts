/** The function's valves as an administrator changes them in the panel. */
import type { Person } from "./person.ts";

const path = "/api/v1/functions/id/myspinbot/valves";

/** Those that are not named keep their value. */
export async function setValves(admin: Person, values: Record<string, unknown>): Promise<void> {
  const { body } = await admin.call("GET", path);
  const { status, body: answer } = await admin.call("POST", `${path}/update`, { ...(body as object), ...values });
  if (status !== 200) throw new Error(`the valves were not changed: ${status} ${JSON.stringify(answer)}`);
}
