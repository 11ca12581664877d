/** `resources/subscribe` and `resources/unsubscribe` of the 2025 era, for one connection. */
import type { McpServer } from "@modelcontextprotocol/server";
import type { Door } from "./door.ts";
import { createJobWatches } from "./job-watches.ts";

/** @param also further resources that may be subscribed to. */
export function registerSubscriptions(mcp: McpServer, door: Door, also: readonly string[] = []): void {
  const { server } = mcp;
  // a client may have no stream open on which to hear it
  const watches = createJobWatches(door, (uri) => void server.sendResourceUpdated({ uri }).catch(() => undefined));
  server.setRequestHandler("resources/subscribe", async ({ params: { uri } }) => {
    if (!also.includes(uri)) await watches.add(uri);
    return {};
  });
  server.setRequestHandler("resources/unsubscribe", async ({ params: { uri } }) => {
    watches.remove(uri);
    return {};
  });
  server.onclose = watches.close;
}
