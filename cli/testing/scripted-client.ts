/** A studio that says what a test tells it to say, behind the same `Client` as the real one. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Part } from "../../core/chat.ts";
import type { ChatRequest, Client } from "../../core/client.ts";
import { Failure } from "../../core/failure.ts";
import type { JobState } from "../../core/job.ts";
import type { ArtifactView, JobView } from "../../core/view.ts";

export type Script = (request: ChatRequest, signal: AbortSignal | undefined) => AsyncIterable<Part>;

export interface ScriptedClient extends Client {
  requests: ChatRequest[];
  uploads: { name: string; content: string; bytes: number | undefined }[];
  canceled: string[];
  files: Map<string, string>;
}

export function jobView(id: string, state: JobState, more: Partial<JobView> = {}): JobView {
  return {
    id,
    tool: "render_image",
    title: "render_image: a red fox",
    state,
    attempt: 1,
    input: {},
    engine: "preview",
    conversation: "conv_a",
    artifacts: [],
    created_at: "2026-01-01T00:00:00.000Z",
    ...more,
  };
}

export function artifactView(id: string, name: string, content: string, more: Partial<ArtifactView> = {}): ArtifactView {
  return {
    id,
    name,
    media_type: "image/png",
    bytes: Buffer.byteLength(content),
    sha256: createHash("sha256").update(content).digest("hex"),
    preview: false,
    path: `/v1/files/${id}/x`,
    created_at: "2026-01-01T00:00:00.000Z",
    ...more,
  };
}

export function done(...jobs: JobView[]): Part {
  return { type: "done", conversation: "conv_a", message: "msg_a", planner: "rules", jobs };
}

export function scriptedClient(...scripts: (Script | readonly Part[])[]): ScriptedClient {
  const notScripted = () => Promise.reject(new Failure("internal", "not scripted"));
  const client: ScriptedClient = {
    requests: [],
    uploads: [],
    canceled: [],
    files: new Map(),
    async *chat(request, signal) {
      const script = scripts[client.requests.length];
      client.requests.push(request);
      if (!script) throw new Failure("internal", "no further turn is scripted");
      yield* typeof script === "function" ? script(request, signal) : script;
    },
    async download(id) {
      const content = client.files.get(id);
      if (content === undefined) throw new Failure("unknown_artifact", `There is no file ${id}.`);
      return Readable.from([Buffer.from(content)]);
    },
    async upload(name, body, bytes) {
      client.uploads.push({ name, content: await text(body), bytes });
      return artifactView(`art_${client.uploads.length}`, name, "");
    },
    async cancel(id) {
      client.canceled.push(id);
      return jobView(id, "canceled");
    },
    async tools() {
      return [
        {
          name: "render_image",
          title: "Render pictures",
          alias: "render",
          description: "",
          kind: "job",
          input_schema: {},
          annotations: { readOnly: false, destructive: false, idempotent: false },
        },
      ];
    },
    status: async () => ({ version: "0", pid: 1, data: "/data", rows: [] }),
    invoke: notScripted,
    answer: notScripted,
    job: notScripted,
    jobs: notScripted,
    watch: () => {
      throw new Failure("internal", "not scripted");
    },
    artifact: notScripted,
    artifacts: notScripted,
    link: notScripted,
    thumbnail: async () => undefined,
  };
  return client;
}
