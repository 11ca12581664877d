/** The studio from outside: every call of the HTTP API, over the data folder's socket or TCP. Loads neither Hono nor anything of the server. */
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { ApprovalView } from "../core/approval.ts";
import type { Part } from "../core/chat.ts";
import type { ChatRequest, Client, InvokedView, LinkView, StatusView, ToolView } from "../core/client.ts";
import { Failure } from "../core/failure.ts";
import { newId } from "../core/ids.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { ArtifactView, JobView } from "../core/view.ts";
import { ask, askJson, Disconnected, type Where } from "./connection.ts";
import { eventSource, type Patience } from "./event-source.ts";
import { createReplayFilter } from "./replay.ts";

export interface ClientOptions {
  /** How a broken stream is taken up again. */
  patience?: Patience;
}

type InvokeOptions = NonNullable<Parameters<Client["invoke"]>[2]>;

const part = encodeURIComponent;

export function createHttpClient(where: Where, { patience }: ClientOptions = {}): Client {
  const bounded = patience ? { patience } : {};
  const get = <T>(path: string) => askJson<T>(where, { method: "GET", path, repeatable: true });
  /** Names of the tools that only look, as the studio said last. */
  let looking: ReadonlySet<string> = new Set();

  /** With progress the answer comes as events. Never sent twice by itself: without a key that could be two jobs. */
  async function invoke(tool: string, input: Json, options: InvokeOptions = {}): Promise<InvokedView> {
    const { key, signal, traceparent, progress } = options;
    const asked = {
      method: "POST" as const,
      path: `/v1/tools/${part(tool)}`,
      body: JSON.stringify(input),
      headers: { ...(key !== undefined ? { "idempotency-key": key } : {}), ...(traceparent ? { traceparent } : {}) },
      ...(signal ? { signal } : {}),
    };
    if (!progress) return askJson<InvokedView>(where, { ...asked, repeatable: looking.has(tool) });
    const source = eventSource(where, {
      next: () => asked,
      isLast: (event) => event.event === "result",
      patience: key === undefined ? { tries: 0, firstMs: 0 } : (patience ?? { tries: 3, firstMs: 200 }),
      ...(signal ? { signal } : {}),
    });
    for await (const event of source) {
      if (event.event === "result") return JSON.parse(event.data) as InvokedView;
      if (event.event !== "progress") continue;
      const { fraction, note } = JSON.parse(event.data) as { fraction: number; note: string };
      progress(fraction, note);
    }
    signal?.throwIfAborted();
    throw new Disconnected(false, where, undefined);
  }

  /** The ids are made here, so that a turn whose connection broke can be asked for again: the same message is the same turn. */
  async function* chat(request: ChatRequest, signal?: AbortSignal): AsyncGenerator<Part> {
    const body = JSON.stringify({
      ...request,
      conversation: request.conversation ?? newId("conv"),
      message: request.message ?? newId("msg"),
    });
    const filter = createReplayFilter();
    const source = eventSource(where, {
      next: () => ({ method: "POST", path: "/v1/chat", body }),
      isLast: (event) => event.event === "done",
      onResume: filter.restart,
      ...(signal ? { signal } : {}),
      ...bounded,
    });
    for await (const event of source) {
      const fresh = filter.pass(JSON.parse(event.data) as Part);
      if (fresh) yield fresh;
    }
  }

  async function* watch(id: string, options: { after?: number; signal?: AbortSignal } = {}): AsyncGenerator<JsonObject> {
    let last = options.after ?? 0;
    const source = eventSource(where, {
      next: () => ({ method: "GET", path: `/v1/jobs/${part(id)}/events`, headers: { "last-event-id": `${last}` } }),
      isLast: (event) => event.event === "end",
      ...(options.signal ? { signal: options.signal } : {}),
      ...bounded,
    });
    for await (const event of source) {
      if (event.event === "end") return;
      if (event.id !== undefined) last = Number(event.id);
      yield JSON.parse(event.data) as JsonObject;
    }
  }

  return {
    status: () => get<StatusView>("/v1/status"),
    async tools() {
      const { tools } = await get<{ tools: ToolView[] }>("/v1/tools");
      looking = new Set(tools.flatMap(({ name, annotations }) => (annotations.readOnly ? [name] : [])));
      return tools;
    },
    invoke,
    chat,
    job: (id) => get<JobView>(`/v1/jobs/${part(id)}`),
    jobs: async (limit) => (await get<{ jobs: JobView[] }>(`/v1/jobs?limit=${limit}`)).jobs,
    cancel: (id) => askJson<JobView>(where, { method: "POST", path: `/v1/jobs/${part(id)}/cancel` }),
    answer: (id, { yes, how, values }) =>
      askJson<ApprovalView>(where, {
        method: "POST",
        path: `/v1/approvals/${part(id)}`,
        body: JSON.stringify({ answer: yes ? "yes" : "no", how, ...(values ? { values } : {}) }),
      }),
    watch,
    artifact: (id) => get<ArtifactView>(`/v1/files/${part(id)}`),
    artifacts: async (limit) => (await get<{ files: ArtifactView[] }>(`/v1/files?limit=${limit}`)).files,

    async download(id, { strip = false } = {}) {
      const path = `/v1/files/${part(id)}/file${strip ? "?strip=1" : ""}`;
      const response = await ask(where, { method: "GET", path });
      // from here on the reader sets the pace, and may pause for long
      response.socket.setTimeout(0);
      return response;
    },

    link: (id) => askJson<LinkView>(where, { method: "POST", path: `/v1/files/${part(id)}/link`, repeatable: true }),

    async thumbnail(id) {
      try {
        return await buffer(await ask(where, { method: "GET", path: `/v1/files/${part(id)}/thumbnail`, repeatable: true }));
      } catch (error) {
        if (error instanceof Failure && error.code === "unsupported_media") return undefined;
        throw error;
      }
    },

    upload: (name: string, stream: Readable, bytes?: number) =>
      askJson<ArtifactView>(where, {
        method: "POST",
        path: `/v1/files?name=${part(name.replace(/\p{Surrogate}/gu, "_"))}`,
        headers: { "content-type": "application/octet-stream" },
        body: { stream, ...(bytes !== undefined ? { bytes } : {}) },
      }),
  };
}
