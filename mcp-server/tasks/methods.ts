/** `tasks/get`, `tasks/update` and `tasks/cancel`, for clients that declare the extension. */
import {
  type McpServer,
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import { toFailure } from "../../core/failure.ts";
import { declaresTasks, type TaskSource, taskFields, tasksExtension } from "./task.ts";

const taskId = z.string().describe("Id of the task: the job's id.");
const named = z.looseObject({ taskId });
const anything = z.looseObject({});

function unknownTask(id: string): ProtocolError {
  return new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `There is no task ${id.slice(0, 60)} of yours. list_jobs shows the jobs there are.`,
  );
}

/** Of the first source that knows the task. */
async function first<T>(
  sources: readonly TaskSource[],
  ask: (source: TaskSource) => Promise<T | undefined | false>,
): Promise<T | undefined> {
  for (const source of sources) {
    const found = await ask(source);
    if (found) return found;
  }
  return undefined;
}

export function registerTasks(mcp: McpServer, sources: readonly TaskSource[]): void {
  const guarded =
    (answer: (id: string, context: ServerContext) => Promise<object | undefined>) =>
    async ({ taskId: id }: z.output<typeof named>, context: ServerContext) => {
      if (!declaresTasks(context))
        throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: { [tasksExtension]: {} } } });
      const found = await answer(id, context).catch((error: unknown) => {
        const { code, message } = toFailure(error);
        throw new ProtocolError(ProtocolErrorCode.InternalError, `${code}: ${message}`);
      });
      if (!found) throw unknownTask(id);
      return { resultType: "complete", ...found };
    };
  const done = (known: boolean | undefined) => (known ? {} : undefined);

  const schemas = { params: named, result: anything };
  mcp.server.setRequestHandler(
    "tasks/get",
    schemas,
    guarded(async (id) => {
      const task = await first(sources, (source) => source.get(id));
      // a result within is one of its era, and says so: requesters refuse it otherwise
      return task && { ...task, ...(task.result ? { result: { resultType: "complete", ...task.result } } : {}), ...taskFields };
    }),
  );
  mcp.server.setRequestHandler(
    "tasks/update",
    schemas,
    // the SDK has taken the answers out of the params by now, as it does in every request of this era
    guarded(async (id, { mcpReq }) => done(await first(sources, (source) => source.update(id, mcpReq.inputResponses ?? {})))),
  );
  mcp.server.setRequestHandler(
    "tasks/cancel",
    schemas,
    guarded(async (id) => done(await first(sources, (source) => source.cancel(id)))),
  );
}
