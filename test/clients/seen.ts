/** What a client made of one picture, and the table of all of them. */
import { sha256 } from "../harness/product.ts";

/** Where the studio is, as every client needs it. */
export interface Studio {
  /** Without a path. */
  url: string;
  /** An access key, or a token. */
  key: string;
  /** What a program signs in with at the authorization server. */
  oauth?: { clientId: string; clientSecret: string };
  /** Command and settings of the stdio server on the same data folder. */
  stdio: { command: string; args: string[]; env: Record<string, string> };
}

export interface Shown {
  text: boolean;
  image: boolean;
  link: boolean;
  /** structuredContent. */
  data: boolean;
}

/** The whole file, as the client had it. */
export interface GotFile {
  how: "resource, equal" | "by the address in the text";
  sha256: string;
  /** What the studio has written down of it. */
  wanted: string;
}

export interface Seen {
  client: string;
  version: string;
  way: "HTTP" | "HTTP, OAuth" | "stdio";
  /** Protocol version that both sides spoke. */
  era: string;
  tools: number;
  /** Tool calls until the picture was there. */
  calls: number;
  shown: Shown;
  file: GotFile;
}

interface Block {
  type: string;
  text?: string;
}

/** A tool's answer as MCP has it. */
export interface ToolAnswer {
  content: Block[];
  structuredContent?: unknown;
}

export const wish = { prompt: "a red fox in fresh snow", width: 512, height: 512, seed: 7 };

export function shownOf({ content, structuredContent }: ToolAnswer): Shown {
  const has = (type: string) => content.some((block) => block.type === type);
  return { text: has("text"), image: has("image"), link: has("resource_link"), data: structuredContent !== undefined };
}

export const textOf = ({ content }: ToolAnswer): string => content.map(({ text }) => text ?? "").join("\n");

/** The text alone must name the job. */
export function jobIn(text: string): string {
  const id = /job_[0-9a-z]{16}/.exec(text)?.[0];
  if (!id) throw new Error(`no job id in: ${text.slice(0, 300)}`);
  return id;
}

/** The text alone must lead to the file: read over HTTP as a browser does, which has no key. Only its facts are asked for with it. */
export async function fileIn(text: string, { key }: Studio): Promise<GotFile & { id: string }> {
  const url = /(https?:\/\/[^\s)"\\]+\/v1\/files\/(art_[0-9a-z]{16}))\/[^\s)"\\]+/.exec(text);
  if (!url) throw new Error(`no address of a file in: ${text.slice(0, 500)}`);
  const [whole, about = "", id = ""] = url;
  const get = async (address: string, headers: Record<string, string> = {}): Promise<Response> => {
    const answer = await fetch(address, { headers, signal: AbortSignal.timeout(60_000) });
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    return answer;
  };
  const { sha256: wanted } = (await (await get(about, { authorization: `Bearer ${key}` })).json()) as { sha256: string };
  const got = sha256(new Uint8Array(await (await get(whole)).arrayBuffer()));
  return { how: "by the address in the text", id, sha256: got, wanted };
}

/** What `resources/read` of its link gave. */
export async function resourceIn(text: string, studio: Studio, sha256: string): Promise<GotFile> {
  return { how: "resource, equal", sha256, wanted: (await fileIn(text, studio)).wanted };
}

const mark = (held: boolean) => (held ? "yes" : "–");

export function table(all: readonly Seen[]): string {
  const head = ["client", "way", "protocol", "tools", "calls", "text", "image", "link", "data", "the whole file"];
  const rows = all.map(({ client, version, way, era, tools, calls, shown, file }) => [
    ...[`${client} ${version}`, way, era, `${tools}`, `${calls}`],
    ...[mark(shown.text), mark(shown.image), mark(shown.link), mark(shown.data), file.how],
  ]);
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
