/** The baseline of what Open WebUI itself takes: a bare function that sends a status at once and then waits, set up exactly as ours. */
import type { Person } from "./person.ts";

export const echoModel = "echo_probe.echo";

/** `wait 20` holds the turn for 20 s; anything else is answered at once. */
const source = `
import asyncio


class Pipe:
    async def pipes(self):
        return [{"id": "echo", "name": "Echo"}]

    async def pipe(self, body, __event_emitter__=None, __metadata__=None, __task__=None):
        if __task__:
            return ""
        await __event_emitter__({"type": "status", "data": {"description": "Here", "done": False}})
        words = ((__metadata__.get("user_message") or {}).get("content") or "").split()
        if words[:1] == ["wait"]:
            await asyncio.sleep(float(words[1]))
        await __event_emitter__({"type": "status", "data": {"description": "Done", "done": True}})
        return "echo"
`;

async function must(admin: Person, method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await admin.call(method, path, body);
  if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

export async function installEcho(admin: Person): Promise<void> {
  const id = "echo_probe";
  await must(admin, "POST", "/api/v1/functions/create", {
    ...{ id, name: "Echo", content: source, meta: { description: "A baseline.", manifest: {} } },
  });
  await must(admin, "POST", `/api/v1/functions/id/${id}/toggle`);
  // as our installer does it: without these, 28 foreign tools and a search would be in the baseline and not in ours
  await must(admin, "POST", "/api/v1/models/create", {
    ...{ id: echoModel, base_model_id: null, name: "Echo", params: {}, is_active: true },
    meta: { capabilities: { file_context: false, builtin_tools: false, vision: true, file_upload: true } },
    access_grants: [{ principal_type: "user", principal_id: "*", permission: "read" }],
  });
  await must(admin, "GET", "/api/models?refresh=true");
}
