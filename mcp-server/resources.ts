/** `myspinbot://artifacts/{id}`: what a resource link points at: the file itself where it is a picture that fits a message, and what is known of it. */
import type { Readable } from "node:stream";
import {
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ReadResourceResult,
  ResourceNotFoundError,
  ResourceTemplate,
} from "@modelcontextprotocol/server";
import { toFailure } from "../core/failure.ts";
import type { Log } from "../core/log.ts";
import type { ArtifactView } from "../core/view.ts";
import type { Door } from "./door.ts";
import { artifactUri } from "./files.ts";

/** As base 64 it stays below the 10 MiB that SDK clients take as one stdio message. */
export const inlineLimit = 7_000_000;

export interface ResourceOptions {
  origin?(): string | undefined;
  log?: Log;
}

async function readAll(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

function metadata(artifact: ArtifactView, inline: boolean, origin?: string): string {
  const { path, ...known } = artifact;
  const note = origin
    ? "The file is not in this answer; download it from url."
    : "The file is not in this answer: it is no picture, or too large for a message. Download it from the studio's page or with its command line.";
  return JSON.stringify({ ...known, ...(origin ? { url: `${origin}${path}` } : {}), ...(inline ? {} : { note }) }, null, 1);
}

async function read(door: Door, id: string, origin?: string): Promise<ReadResourceResult> {
  const artifact = await door.artifact(id);
  const uri = artifactUri(id);
  const inline = artifact.media_type.startsWith("image/") && artifact.bytes <= inlineLimit;
  const about = { uri, mimeType: "application/json", text: metadata(artifact, inline, origin) };
  if (!inline) return { contents: [about] };
  const blob = (await readAll(await door.download(id))).toString("base64");
  return { contents: [{ uri, mimeType: artifact.media_type, blob }, about] };
}

export function registerArtifacts(mcp: McpServer, door: Door, { origin, log }: ResourceOptions): void {
  mcp.registerResource(
    "artifact",
    new ResourceTemplate("myspinbot://artifacts/{id}", { list: undefined }),
    { title: "Artifact", description: "A file that a job made or a person uploaded, with its recipe." },
    async (uri, { id }) => {
      try {
        return await read(door, String(id), origin?.());
      } catch (error) {
        const failure = toFailure(error);
        if (failure.code === "unknown_artifact") throw new ResourceNotFoundError(uri.toString(), failure.message);
        if (failure.code === "internal") log?.error({ err: error, uri: uri.toString() }, "an MCP resource could not be read");
        throw new ProtocolError(ProtocolErrorCode.InternalError, `${failure.code}: ${failure.message}`);
      }
    },
  );
}
