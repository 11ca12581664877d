/** Somebody at a browser, headless: signs in, attaches, says something, listens on the socket, looks at what was saved. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { io, type Socket } from "socket.io-client";

const ours = "myspinbot.agent";

interface FileEntry {
  type: string;
  id?: string;
  url: string;
  name?: string;
}

export interface Message {
  id: string;
  role: string;
  parentId: string | null;
  childrenIds: string[];
  content: string;
  done?: boolean;
  files?: FileEntry[];
  statusHistory?: { description: string; done: boolean }[];
  sources?: unknown[];
  error?: unknown;
}

export interface Heard {
  chat: string;
  message: string;
  type: string;
  data: Record<string, unknown> | undefined;
  at: number;
}

/** An event as the socket brings it. */
interface Told {
  chat_id: string;
  message_id: string;
  data: { type: string; data?: Record<string, unknown> };
}

export interface Sent {
  chat: string;
  message: string;
  user: string;
  /** When it was sent. */
  at: number;
}

export interface Person {
  readonly id: string;
  readonly token: string;
  readonly heard: Heard[];
  /** What was said last. */
  readonly last: Sent | undefined;
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  upload(name: string, type: string, bytes: Uint8Array<ArrayBuffer>): Promise<Record<string, unknown>>;
  /** What the tab of this person answers to a dialog; before the first call it leaves a dialog alone. */
  answering(value: unknown): void;
  /** @param more `unseen`: from a tab that is gone when the answer comes. */
  say(
    text: string,
    more?: { chat?: string; parent?: string; files?: unknown[]; regenerate?: Sent; model?: string; unseen?: boolean },
  ): Promise<Sent>;
  messages(chat: string): Promise<Record<string, Message>>;
  message(sent: Sent): Promise<Message | undefined>;
  /** The saved message when it is done. */
  done(sent: Sent, ms?: number): Promise<Message>;
  stop(chat: string): Promise<void>;
  status(path: string): Promise<number>;
  open(): Promise<void>;
  close(): void;
}

/** Adds or signs in. `by` is an administrator, who adds. */
export async function person(url: string, who: { email: string; password: string }, by?: Person): Promise<Person> {
  const raw = async (method: string, path: string, body?: unknown, bearer?: string) => {
    const form = body instanceof FormData;
    const answer = await fetch(url + path, {
      method,
      headers: {
        // one that was kept may have ended with an Open WebUI that a test ended
        connection: "close",
        ...(bearer ? { authorization: `Bearer ${bearer}` } : {}),
        ...(body === undefined || form ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    try {
      return { status: answer.status, body: JSON.parse(text) as unknown };
    } catch {
      return { status: answer.status, body: text as unknown };
    }
  };
  if (by) await by.call("POST", "/api/v1/auths/add", { name: who.email.split("@")[0], ...who, role: "user" });
  const signed = await raw("POST", "/api/v1/auths/signin", who);
  if (signed.status !== 200) throw new Error(`${who.email} cannot sign in: ${JSON.stringify(signed)}`);
  const { token, id } = signed.body as { token: string; id: string };
  const heard: Heard[] = [];
  let socket: Socket | undefined;
  let beat: NodeJS.Timeout | undefined;
  let last: Sent | undefined;
  let reply: [value: unknown] | undefined;

  const me: Person = {
    id,
    token,
    heard,
    get last() {
      return last;
    },
    call: (method, path, body) => raw(method, path, body, token),
    async upload(name, type, bytes) {
      const form = new FormData();
      form.append("file", new Blob([bytes], { type }), name);
      const { status, body } = await me.call("POST", "/api/v1/files/?process=false", form);
      if (status !== 200) throw new Error(`upload: ${status} ${JSON.stringify(body)}`);
      const file = body as { id: string; filename: string; meta: { size: number } };
      const entry = { type: "file", file, id: file.id, url: file.id, name: file.filename, content_type: type, size: file.meta.size };
      return { ...entry, status: "uploaded", itemId: randomUUID() };
    },
    async open() {
      me.close();
      socket = io(url, { path: "/ws/socket.io", transports: ["websocket"], auth: { token }, reconnection: false });
      socket.on("events", ({ chat_id: chat, message_id: message, data: { type, data } }: Told, answer?: (value: unknown) => void) => {
        heard.push({ chat, message, type, data, at: Date.now() });
        if (type === "confirmation" && reply) answer?.(reply[0]);
      });
      const opened = socket;
      await new Promise<void>((resolve, reject) => {
        opened.once("connect", resolve);
        opened.once("connect_error", reject);
      });
      opened.emit("user-join", { auth: { token } });
      // as a browser does: a tab that is silent for long counts as gone
      beat = setInterval(() => opened.emit("heartbeat", {}), 30_000).unref();
      await sleep(200);
    },
    close() {
      clearInterval(beat);
      socket?.disconnect();
      socket = undefined;
    },
    answering(value) {
      reply = [value];
    },
    async say(text, more = {}) {
      if (!socket?.connected) await me.open();
      const [user, message, model] = [more.regenerate?.user ?? randomUUID(), randomUUID(), more.model ?? ours];
      const files = more.files ?? [];
      const models = await me.call("GET", "/api/models");
      const item = (models.body as { data: { id: string }[] }).data.find((one) => one.id === model);
      if (!item) throw new Error(`${who.email} does not see ${model}`);
      const parent = more.parent ?? null;
      const said = { id: user, parentId: parent, childrenIds: [message], role: "user", content: text, timestamp: 0, models: [model] };
      const at = Date.now();
      const answer = await me.call("POST", "/api/chat/completions", {
        ...{ stream: true, model, model_item: item, params: {}, features: {}, variables: {}, tool_servers: [] },
        ...{ session_id: more.unseen ? randomUUID() : socket?.id, id: message, parent_id: parent },
        ...(more.chat ? { chat_id: more.chat } : {}),
        ...(more.regenerate ? { regeneration_message_id: more.regenerate.message } : {}),
        message_ids: [{ model_id: model, message_id: message, modelIdx: 0 }],
        user_message: { ...said, ...(files.length > 0 ? { files } : {}) },
        background_tasks: { title_generation: true, tags_generation: true, follow_up_generation: true },
      });
      if (answer.status !== 200) throw new Error(`say: ${answer.status} ${JSON.stringify(answer.body)}`);
      last = { chat: (answer.body as { chat_id: string }).chat_id, message, user, at };
      return last;
    },
    async messages(chat) {
      const { status, body } = await me.call("GET", `/api/v1/chats/${chat}`);
      if (status !== 200) throw new Error(`chat ${chat}: ${status}`);
      return (body as { chat: { history: { messages: Record<string, Message> } } }).chat.history.messages;
    },
    message: async (sent) => (await me.messages(sent.chat))[sent.message],
    async done(sent, ms = 180_000) {
      let last: Message | undefined;
      for (const end = Date.now() + ms; Date.now() < end; await sleep(200)) {
        last = await me.message(sent);
        if (last?.done) return last;
      }
      throw new Error(`not done within ${ms / 1000} s: ${JSON.stringify(last)?.slice(0, 800)}`);
    },
    async stop(chat) {
      await me.call("POST", `/api/tasks/chat/${chat}/stop`);
    },
    async status(path) {
      const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
      await answer.arrayBuffer();
      return answer.status;
    },
  };
  return me;
}

export const pictures = (message: Message): string[] => (message.files ?? []).filter(({ type }) => type === "image").map(({ url }) => url);
