/** What an MCP server needs of the studio, in the same words whether it runs inside the server process or as a client of it. */
import { Readable } from "node:stream";
import type { Client } from "../core/client.ts";
import type { JobWithArtifacts } from "../core/job.ts";
import type { Principal } from "../core/principal.ts";
import type { Studio } from "../core/studio.ts";
import { toolView } from "../core/tool-view.ts";
import { artifactView, eventView, type JobView, jobView } from "../core/view.ts";

export type Door = Pick<Client, "tools" | "invoke" | "job" | "watch" | "artifact" | "thumbnail" | "download" | "cancel">;

/** Pixels of the longest side of a preview. */
const previewSide = 512;

/** The studio in this process, for one principal. Stdio gets an HTTP client of the running server instead. */
export function studioDoor(studio: Studio, principal: Principal): Door {
  const view = async (job: JobWithArtifacts): Promise<JobView> => jobView(job, await studio.outlook(job));
  return {
    tools: async () => studio.tools.map(toolView),
    async invoke(tool, input, { key, signal, traceparent, progress } = {}) {
      const call = { tool, input, ...(key !== undefined ? { key } : {}), ...(traceparent ? { traceparent } : {}) };
      const result = await studio.invoke(principal, call, { ...(signal ? { signal } : {}), ...(progress ? { progress } : {}) });
      return result.kind === "job" ? { kind: "job", job: await view(result.job), created: result.created } : result;
    },
    job: async (id) => view(await studio.get(principal, id)),
    cancel: async (id) => view(await studio.cancel(principal, id)),
    async *watch(id, options) {
      for await (const event of studio.watch(principal, id, options)) yield eventView(event);
    },
    artifact: async (id) => artifactView(await studio.artifact(principal, id)),
    async download(id, { strip = false } = {}) {
      const artifact = await studio.artifact(principal, id);
      return strip ? Readable.from([await studio.openStripped(artifact)]) : studio.open(artifact);
    },
    thumbnail: async (id) => studio.thumbnail(await studio.artifact(principal, id), previewSide),
  };
}
