/** What an MCP server needs of the studio, in the same words whether it runs inside the server process or as a client of it. */
import { Readable } from "node:stream";
import { type Artifact, filePath } from "../core/artifact.ts";
import type { Client, LinkView } from "../core/client.ts";
import type { JobWithArtifacts } from "../core/job.ts";
import type { Principal } from "../core/principal.ts";
import type { Studio } from "../core/studio.ts";
import { toolView } from "../core/tool-view.ts";
import { type ArtifactView, artifactView, eventView, type JobView, jobView } from "../core/view.ts";

export interface Door
  extends Pick<Client, "tools" | "invoke" | "answer" | "job" | "jobs" | "watch" | "artifact" | "artifacts" | "download" | "cancel"> {
  /** @param shown the file as this door has just shown it: nothing has to be looked up then. */
  link(id: string, shown?: ArtifactView): Promise<LinkView>;
  /** WebP, longest side ≤ 512 pixels; undefined for what is no picture. @param shown as with `link`. */
  thumbnail(id: string, shown?: ArtifactView): Promise<Uint8Array | undefined>;
}

/** Pixels of the longest side of a preview. */
const previewSide = 512;

/**
 * The studio in this process, for one principal. Stdio gets an HTTP client of the running server instead.
 * @param address where a browser opens a file of this principal. Default: the plain path, for a studio that asks for no key.
 */
export function studioDoor(
  studio: Studio,
  principal: Principal,
  address: (principal: Principal, file: Pick<Artifact, "id" | "name">) => LinkView = (_principal, file) => ({ path: filePath(file) }),
): Door {
  const view = async (job: JobWithArtifacts): Promise<JobView> => jobView(job, await studio.outlook(job));
  return {
    tools: async () => studio.tools.map(toolView),
    async invoke(tool, input, { key, signal, traceparent, progress } = {}) {
      const call = { tool, input, face: "mcp" as const, ...(key !== undefined ? { key } : {}), ...(traceparent ? { traceparent } : {}) };
      const result = await studio.invoke(principal, call, { ...(signal ? { signal } : {}), ...(progress ? { progress } : {}) });
      return result.kind === "job" ? { kind: "job", job: await view(result.job), created: result.created } : result;
    },
    answer: async (id, reply) => studio.approvals.view(await studio.approvals.answer(principal, id, reply)),
    job: async (id) => view(await studio.get(principal, id)),
    jobs: async (limit) => (await studio.list(principal, { limit })).map((job) => jobView(job)),
    cancel: async (id) => view(await studio.cancel(principal, id)),
    async *watch(id, options) {
      for await (const event of studio.watch(principal, id, options)) yield eventView(event);
    },
    artifact: async (id) => artifactView(await studio.artifact(principal, id)),
    artifacts: async (limit) => (await studio.artifacts(principal, { limit })).map(artifactView),
    async download(id, { strip = false } = {}) {
      const artifact = await studio.artifact(principal, id);
      return strip ? Readable.from([await studio.openStripped(artifact)]) : studio.open(artifact);
    },
    link: async (id, shown) => address(principal, shown ?? (await studio.artifact(principal, id))),
    async thumbnail(id, shown) {
      const find = () => studio.artifact(principal, id);
      return studio.thumbnail(shown ? { ...shown, mediaType: shown.media_type, find } : await find(), previewSide);
    },
  };
}
