/** `completion/complete`: what an argument of a prompt or the id within a resource's address may be. */
import { type CompleteResult, type McpServer, ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
import { toFailure } from "../../core/failure.ts";
import type { Log } from "../../core/log.ts";
import type { ExtraPrompt } from "../extras.ts";
import { argumentsOf, type Offer } from "../prompts/offer.ts";
import { rank } from "./rank.ts";
import { createSources, type Known, type Source, type SourceDoor } from "./sources.ts";

/** The protocol's own limit. */
const most = 100;

/** Every variable is called `id`. */
const templates: ReadonlyMap<string, Source> = new Map([
  ["myspinbot://artifacts/{id}", "file"],
  ["myspinbot://artifacts/{id}/recipe", "recipe"],
  ["myspinbot://jobs/{id}", "job"],
]);

function wrong(message: string): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InvalidParams, message);
}

type Asked = { name: string; value: string };

/** What is typed after the last comma; what stands before it is kept, and not offered again. */
function completeLast(typed: string, known: Known): string[] {
  const head = /^.*,\s*/s.exec(typed)?.[0] ?? "";
  const before = new Set(head.split(/[\s,]+/));
  const left = known.candidates.filter(({ value }) => !before.has(value));
  return rank(typed.slice(head.length), left).map((value) => head + value);
}

function answer(values: readonly string[], whole: boolean): CompleteResult {
  const completion = { values: values.slice(0, most), hasMore: values.length > most || !whole };
  return { completion: whole ? { ...completion, total: values.length } : completion };
}

export interface CompletionOptions {
  offer: Offer;
  extra: readonly ExtraPrompt[];
  log: Log;
}

export function registerCompletion(mcp: McpServer, door: SourceDoor, { offer, extra, log }: CompletionOptions): void {
  const known = createSources(door);

  const fromSource = async (source: Source, typed: string): Promise<CompleteResult> => {
    const found = await known(source);
    return answer(source === "pictures" ? completeLast(typed, found) : rank(typed, found.candidates), found.whole);
  };

  const ofPrompt = async (name: string, asked: Asked): Promise<CompleteResult> => {
    const ours = extra.find(({ prompt }) => prompt.name === name);
    if (ours) return answer(ours.complete?.(asked.name, asked.value) ?? [], true);
    const prompt = await offer.find(name);
    const args = argumentsOf(prompt);
    const arg = args.find((one) => one.name === asked.name);
    if (!arg) throw wrong(`${name} has no argument "${asked.name.slice(0, 60)}". It has: ${args.map((one) => one.name).join(", ")}.`);
    const source = prompt.sources[asked.name];
    if (source) return fromSource(source, asked.value);
    return answer(
      rank(
        asked.value,
        (arg.values ?? []).map((value) => ({ value })),
      ),
      true,
    );
  };

  const ofResource = async (uri: string, asked: Asked): Promise<CompleteResult> => {
    const source = templates.get(uri);
    if (!source) throw wrong(`There is no resource template "${uri.slice(0, 100)}". There are: ${[...templates.keys()].join(", ")}.`);
    if (asked.name !== "id") throw wrong(`${uri} has no variable "${asked.name.slice(0, 60)}". It has: id.`);
    return fromSource(source, asked.value);
  };

  mcp.server.registerCapabilities({ completions: {} });
  mcp.server.setRequestHandler("completion/complete", async ({ params: { ref, argument } }) => {
    try {
      return await (ref.type === "ref/prompt" ? ofPrompt(ref.name, argument) : ofResource(ref.uri, argument));
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      const failure = toFailure(error);
      if (failure.code === "internal") log.error({ err: error, ref }, "an MCP completion failed");
      throw new ProtocolError(ProtocolErrorCode.InternalError, `${failure.code}: ${failure.message}`);
    }
  });
}
