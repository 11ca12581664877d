/** `subscriptions/listen` of the 2026 era: what a stream asks for, as far as it may have it. */
import type { Door } from "./door.ts";
import { ownJob } from "./job-watches.ts";

export interface ListenRequest {
  jsonrpc: "2.0";
  id: string | number;
  method: "subscriptions/listen";
  params: { notifications: { resourceSubscriptions: string[] }; [field: string]: unknown };
}

/** True where the request names resources; all else that may be wrong with it is for the SDK to say. */
export function isListenRequest(message: unknown): message is ListenRequest {
  const { method, params } = (message ?? {}) as { method?: unknown; params?: { notifications?: { resourceSubscriptions?: unknown } } };
  const uris = params?.notifications?.resourceSubscriptions;
  return method === "subscriptions/listen" && Array.isArray(uris) && uris.every((uri) => typeof uri === "string");
}

/** The request as far as it can be honoured, which the acknowledgement then names: another's jobs are left out like those that never were. */
export async function honoured(request: ListenRequest, door: Pick<Door, "job">, max: number): Promise<ListenRequest> {
  const { notifications } = request.params;
  const uris: string[] = [];
  // no more are looked for than can be followed: a list without end would be as many look-ups
  for (const uri of [...new Set(notifications.resourceSubscriptions)].slice(0, max)) {
    const own = await ownJob(door, uri).catch(() => undefined);
    if (own) uris.push(uri);
  }
  return { ...request, params: { ...request.params, notifications: { ...notifications, resourceSubscriptions: uris } } };
}
