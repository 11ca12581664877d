/** Listen streams over stdio: the SDK answers them before any server of ours hears of it, so their jobs are followed from what passes the transport. */
import { type JSONRPCMessage, PROTOCOL_VERSION_META_KEY, type Transport } from "@modelcontextprotocol/server";
import type { Door } from "./door.ts";
import { createJobWatches } from "./job-watches.ts";
import { honoured, isListenRequest } from "./listen.ts";

const maxJobs = 32;

function isModern(message: { params: Record<string, unknown> }): boolean {
  const meta = message.params["_meta"] as Record<string, unknown> | undefined;
  return meta?.[PROTOCOL_VERSION_META_KEY] !== undefined;
}

/** The id of the listen request that this message ends. */
function canceledBy(message: JSONRPCMessage): string | number | undefined {
  if (!("method" in message) || message.method !== "notifications/cancelled") return undefined;
  return (message.params as { requestId?: string | number } | undefined)?.requestId;
}

/**
 * Stands between a served transport and the SDK. One message after the other, in the order in which they came.
 * @param tell says on this connection that a resource has changed; the SDK marks it for those that asked.
 */
export function followListens(transport: Transport, door: Pick<Door, "job" | "watch">, tell: (uri: string) => void): void {
  const deliver = transport.onmessage;
  const watches = createJobWatches(door, tell, { max: maxJobs });
  const followed = new Map<string | number, string[]>();
  let last = Promise.resolve();

  const pass = async (message: JSONRPCMessage): Promise<void> => {
    if (isListenRequest(message) && isModern(message) && !followed.has(message.id)) {
      const narrowed = await honoured(message, door, maxJobs);
      const uris = narrowed.params.notifications.resourceSubscriptions;
      deliver?.(narrowed as unknown as JSONRPCMessage);
      followed.set(message.id, uris);
      // over the limit of the connection a stream stays silent about what is too much
      for (const uri of uris) await watches.add(uri).catch(() => undefined);
      return;
    }
    const ended = canceledBy(message);
    if (ended !== undefined) {
      for (const uri of followed.get(ended) ?? []) watches.remove(uri);
      followed.delete(ended);
    }
    deliver?.(message);
  };
  transport.onmessage = (message) => {
    last = last.then(() => pass(message)).catch((error: Error) => transport.onerror?.(error));
  };
  const closed = transport.onclose;
  transport.onclose = () => {
    watches.close();
    closed?.();
  };
}
