/** The progress sockets of a fake ComfyUI, with the real one's traps. */
import { randomUUID } from "node:crypto";
import type { WebSocket } from "ws";
import type { Faults } from "./fake-faults.ts";
import type { FakeState } from "./fake-state.ts";

interface Client {
  socket: WebSocket;
  metadataPreviews: boolean;
}

export interface FakeSockets {
  accept(socket: WebSocket, clientId: string | null): void;
  /** To one client, or to every socket where `sid` is undefined. */
  send(type: string, data: Record<string, unknown>, sid?: string): void;
  preview(jpeg: Buffer, prompt: string, node: string, sid?: string): void;
  status(): void;
  supportsMetadata(sid: string | undefined): boolean;
  drop(): void;
  readonly open: number;
  /** The first message of each socket, oldest first. */
  readonly greetings: unknown[];
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export const features = { supports_preview_metadata: true, max_upload_size: 104857600 };

export function createFakeSockets(state: FakeState, faults: Faults): FakeSockets {
  // by client id: when an old socket closes, the id is forgotten even if a newer socket uses it
  const known = new Map<string, Client>();
  const all = new Set<WebSocket>();

  const remaining = () => ({ exec_info: { queue_remaining: state.memory.pending.length + (state.memory.running ? 1 : 0) } });
  const write = (socket: WebSocket, data: string | Buffer) => {
    if (!faults.muteSockets) socket.send(data);
  };
  const targets = (sid: string | undefined): WebSocket[] => {
    if (sid === undefined) return [...known.values()].map((client) => client.socket);
    const client = known.get(sid);
    return client ? [client.socket] : [];
  };

  const greetings: unknown[] = [];
  const sockets: FakeSockets = {
    greetings,
    accept(socket, clientId) {
      const sid = clientId || randomUUID().replaceAll("-", "");
      const client: Client = { socket, metadataPreviews: false };
      known.set(sid, client);
      all.add(socket);
      sockets.send("status", { status: remaining(), sid }, sid);
      if (state.memory.clientId === sid && state.memory.lastNode !== undefined)
        sockets.send("executing", { node: state.memory.lastNode }, sid);
      let first = true;
      socket.on("message", (raw) => {
        const message = JSON.parse(String(raw)) as { type?: string; data?: { supports_preview_metadata?: boolean } };
        if (first) greetings.push(message);
        if (first && message.type === "feature_flags") {
          client.metadataPreviews = message.data?.supports_preview_metadata === true;
          sockets.send("feature_flags", features, sid);
        }
        first = false;
      });
      socket.on("error", () => {});
      socket.on("close", () => {
        all.delete(socket);
        known.delete(sid);
      });
    },
    send(type, data, sid) {
      for (const socket of targets(sid)) write(socket, JSON.stringify({ type, data }));
    },
    preview(jpeg, prompt, node, sid) {
      if (sockets.supportsMetadata(sid)) {
        const about = {
          node_id: node,
          prompt_id: prompt,
          display_node_id: node,
          parent_node_id: null,
          real_node_id: node,
          image_type: "image/jpeg",
        };
        const text = Buffer.from(JSON.stringify(about));
        for (const socket of targets(sid)) write(socket, Buffer.concat([u32(4), u32(text.length), text, jpeg]));
      } else for (const socket of targets(sid)) write(socket, Buffer.concat([u32(1), u32(1), jpeg]));
    },
    status: () => sockets.send("status", { status: remaining() }),
    supportsMetadata: (sid) => sid !== undefined && known.get(sid)?.metadataPreviews === true,
    drop() {
      for (const socket of all) socket.terminate();
    },
    get open() {
      return all.size;
    },
  };
  return sockets;
}
