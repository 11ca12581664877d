/** What one session's streams have said of late, so that a client whose stream broke off can go on after the last event that it saw. */
import { randomUUID } from "node:crypto";
import type { EventStore, JSONRPCMessage } from "@modelcontextprotocol/server";

export interface EventStoreLimits {
  /** Events kept of all streams of the session. Default 500. */
  maxEvents: number;
  /** Characters kept of all streams of the session. Default 1 000 000: 100 sessions stay below 200 MB. */
  maxChars: number;
}

interface Kept {
  id: string;
  stream: string;
  message: JSONRPCMessage;
  chars: number;
}

/** About as many characters as the message has in JSON, without making them: an answer may hold megabytes of a picture. */
function charsOf(value: unknown): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null) return 5;
  return Object.entries(value).reduce((sum, [name, inner]) => sum + name.length + 4 + charsOf(inner), 2);
}

/**
 * Belongs to one session: an id that another session was given, an invented one, and one of an event that is no longer kept are all unknown here, and the transport
 * refuses what is unknown. A stream whose oldest events are gone can be taken up again only after one that is still kept: nothing in between is ever left out.
 */
export function createEventStore({ maxEvents = 500, maxChars = 1_000_000 }: Partial<EventStoreLimits> = {}): EventStore {
  const tag = randomUUID();
  let number = 0;
  let chars = 0;
  const kept: Kept[] = [];
  const find = (id: string) => kept.find((event) => event.id === id);

  return {
    async storeEvent(stream, message) {
      number += 1;
      const event = { id: `${tag}.${number}`, stream, message, chars: charsOf(message) };
      kept.push(event);
      chars += event.chars;
      while (kept.length > maxEvents || chars > maxChars) chars -= kept.shift()?.chars ?? 0;
      return event.id;
    },
    getStreamIdForEventId: async (id) => find(id)?.stream,
    async replayEventsAfter(id, { send }) {
      const last = find(id);
      if (!last) throw new Error("an event that is not kept");
      const after = kept.slice(kept.indexOf(last) + 1).filter((event) => event.stream === last.stream);
      // the first event of a stream only names it: it carries no message
      for (const event of after) if ("jsonrpc" in event.message) await send(event.id, event.message);
      return last.stream;
    },
  };
}
