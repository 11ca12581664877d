/** A job's files in an answer: a link to each, and small pictures as far as they fit into a context window. */
import type { ContentBlock } from "@modelcontextprotocol/server";
import type { Log } from "../core/log.ts";
import type { ArtifactView } from "../core/view.ts";
import type { Door } from "./door.ts";

/** Base 64 characters of all previews of one answer together: clients cut or refuse larger answers, and every character costs context. */
export const previewBudget = 150_000;

export function artifactUri(id: string): string {
  return `myspinbot://artifacts/${id}`;
}

function describe(artifact: ArtifactView): string {
  const size = artifact.width && artifact.height ? `${artifact.width}x${artifact.height}` : `${artifact.bytes} bytes`;
  return artifact.preview ? `PREVIEW, not a real render; ${size}` : size;
}

export function link(artifact: ArtifactView): ContentBlock {
  return {
    type: "resource_link",
    uri: artifactUri(artifact.id),
    name: artifact.name,
    description: describe(artifact),
    mimeType: artifact.media_type,
    size: artifact.bytes,
  };
}

/** A preview that cannot be had is left out: the answer is true without it. */
export async function previews(
  artifacts: readonly ArtifactView[],
  { door, log }: { door: Pick<Door, "thumbnail">; log: Log },
): Promise<ContentBlock[]> {
  const blocks: ContentBlock[] = [];
  let left = previewBudget;
  for (const artifact of artifacts) {
    if (!artifact.media_type.startsWith("image/")) continue;
    try {
      const bytes = await door.thumbnail(artifact.id);
      if (!bytes) continue;
      const data = Buffer.from(bytes).toString("base64");
      if (data.length > left) continue;
      left -= data.length;
      blocks.push({ type: "image", mimeType: "image/webp", data });
    } catch (error) {
      log.warn({ artifact: artifact.id, err: error }, "no preview for an MCP answer");
    }
  }
  return blocks;
}
