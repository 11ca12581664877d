/**
 * Resources: `myspinbot://artifacts/{id}` is what a link points at, the file itself where it is a picture that fits a message, and what is known of it;
 * `…/recipe` what it was made from; `myspinbot://jobs/{id}` a job as it stands, which can be subscribed to.
 */
import type { Readable } from "node:stream";
import {
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ReadResourceResult,
  ResourceNotFoundError,
  ResourceTemplate,
} from "@modelcontextprotocol/server";
import { Failure, toFailure } from "../core/failure.ts";
import { type Log, silentLog } from "../core/log.ts";
import type { ArtifactView } from "../core/view.ts";
import { jobData } from "./answers.ts";
import type { Door } from "./door.ts";
import { type Address, type AddressParts, addressesOf, addressOf, artifactUri, jobUri } from "./files.ts";

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

function metadata(artifact: ArtifactView, inline: boolean, address: Address | undefined): string {
  const { path: _path, ...known } = artifact;
  const note = address
    ? `The file is not in this answer; download it from url${address.url_expires_at === undefined ? "" : " before url_expires_at; reading this resource again gives a new one"}.`
    : "The file is not in this answer: it is no picture, or too large for a message. Download it from the studio's page or with its command line.";
  return JSON.stringify({ ...known, ...address, ...(inline ? {} : { note }) }, null, 1);
}

async function read(door: Door, id: string, parts: AddressParts): Promise<ReadResourceResult> {
  const artifact = await door.artifact(id);
  const uri = artifactUri(id);
  const inline = artifact.media_type.startsWith("image/") && artifact.bytes <= inlineLimit;
  const about = { uri, mimeType: "application/json", text: metadata(artifact, inline, await addressOf(artifact, parts)) };
  if (!inline) return { contents: [about] };
  const blob = (await readAll(await door.download(id))).toString("base64");
  return { contents: [{ uri, mimeType: artifact.media_type, blob }, about] };
}

function json(uri: string, value: object): ReadResourceResult {
  return { contents: [{ uri, mimeType: "application/json", text: JSON.stringify(value, null, 1) }] };
}

async function readRecipe(door: Door, id: string): Promise<ReadResourceResult> {
  const { recipe, name } = await door.artifact(id);
  if (!recipe) throw new Failure("unknown_artifact", `${name} has no recipe: a person uploaded it.`);
  return json(`${artifactUri(id)}/recipe`, recipe);
}

export function registerResources(mcp: McpServer, door: Door, { origin, log = silentLog }: ResourceOptions): void {
  const parts = (): AddressParts => {
    const at = origin?.();
    return { door, log, ...(at ? { origin: at } : {}) };
  };
  const template = (
    name: string,
    path: string,
    about: { title: string; description: string; mimeType?: string },
    get: (id: string) => Promise<ReadResourceResult>,
  ): void => {
    mcp.registerResource(name, new ResourceTemplate(`myspinbot://${path}`, { list: undefined }), about, async (uri, { id }) => {
      try {
        return await get(String(id));
      } catch (error) {
        const failure = toFailure(error);
        if (failure.code === "unknown_artifact" || failure.code === "unknown_job")
          throw new ResourceNotFoundError(uri.toString(), failure.message);
        if (failure.code === "internal") log.error({ err: error, uri: uri.toString() }, "an MCP resource could not be read");
        throw new ProtocolError(ProtocolErrorCode.InternalError, `${failure.code}: ${failure.message}`);
      }
    });
  };
  template(
    "artifact",
    "artifacts/{id}",
    { title: "Artifact", description: "A file that a job made or a person uploaded, with its recipe." },
    (id) => read(door, id, parts()),
  );
  template(
    "recipe",
    "artifacts/{id}/recipe",
    {
      title: "Recipe",
      description: "What a file was made from: tool, input, seed, model and engine.",
      mimeType: "application/json",
    },
    (id) => readRecipe(door, id),
  );
  template(
    "job",
    "jobs/{id}",
    {
      title: "Job",
      description: "A job as it stands: state, progress, place in line, results. Can be subscribed to.",
      mimeType: "application/json",
    },
    async (id) => {
      const job = await door.job(id);
      return json(jobUri(id), jobData(job, await addressesOf(job.artifacts, parts())));
    },
  );
}
