/** A job's files in an answer: a link to each, addresses for a browser, and small pictures as far as they fit into a context window. */
import type { ContentBlock } from "@modelcontextprotocol/server";
import type { Log } from "../core/log.ts";
import type { ArtifactView } from "../core/view.ts";
import type { Door } from "./door.ts";

/** Base 64 characters of all previews of one answer together: clients cut or refuse larger answers, and every character costs context. */
export const previewBudget = 150_000;

export function artifactUri(id: string): string {
  return `myspinbot://artifacts/${id}`;
}

export function jobUri(id: string): string {
  return `myspinbot://jobs/${id}`;
}

export function jobIdOf(uri: string): string | undefined {
  return /^myspinbot:\/\/jobs\/([^/?#]+)$/.exec(uri)?.[1];
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

/** Where a browser opens a file, as it is said in an answer. */
export interface Address {
  url: string;
  /** Absent where it is good as long as the file. */
  url_expires_at?: string;
}

export interface AddressParts {
  door: Pick<Door, "link">;
  /** Where people reach the studio; without it there are no addresses. */
  origin?: string;
  log: Log;
}

/** Made at the moment of the answer. One that cannot be had is left out: the resource stays. */
export async function addressOf(shown: ArtifactView, { door, origin, log }: AddressParts): Promise<Address | undefined> {
  if (origin === undefined) return undefined;
  const { id } = shown;
  try {
    const { path, expires_at } = await door.link(id, shown);
    return { url: `${origin}${path}`, ...(expires_at !== undefined ? { url_expires_at: expires_at } : {}) };
  } catch (error) {
    log.warn({ artifact: id, err: error }, "no link for an MCP answer");
    return undefined;
  }
}

/** By the ids of the files. */
export type Addresses = ReadonlyMap<string, Address>;

export async function addressesOf(artifacts: readonly ArtifactView[], parts: AddressParts): Promise<Addresses> {
  const found = await Promise.all(artifacts.map(async (shown) => [shown.id, await addressOf(shown, parts)] as const));
  return new Map(found.flatMap(([id, address]) => (address ? [[id, address]] : [])));
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
      const bytes = await door.thumbnail(artifact.id, artifact);
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
