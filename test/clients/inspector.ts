/** The Inspector's command line: one process a call. */
import { join } from "node:path";
import { command, sha256 } from "../harness/product.ts";
import { npm } from "./install.ts";
import { listenBetween } from "./listener.ts";
import { fileIn, jobIn, resourceIn, type Seen, type Studio, shownOf, type ToolAnswer, textOf, wish } from "./seen.ts";

const version = "2.12.0";

interface Answer extends ToolAnswer {
  tools: unknown[];
  contents: { blob?: string }[];
}

async function run(program: string, args: string[]): Promise<string> {
  const done = command(process.execPath, [program, ...args], { timeout: 120_000 });
  const code = await done.ended;
  if (code !== 0) throw new Error(`inspector ${code}: ${done.stderr.slice(-2000)}`);
  return done.stdout;
}

async function use(way: Seen["way"], direct: Studio): Promise<Seen> {
  const between = await listenBetween(direct);
  const { studio } = between;
  const folder = await npm(`inspector-${version}`, `@modelcontextprotocol/inspector@${version}`);
  const program = join(folder, "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js");
  const { command, args, env } = studio.stdio;
  const target =
    way === "HTTP"
      ? [`${studio.url}/mcp`, "--transport", "http", "--header", `Authorization: Bearer ${studio.key}`]
      : [...Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]), command, ...args];
  const ask = async (method: string, ...more: string[]): Promise<Answer> =>
    JSON.parse(await run(program, ["--cli", ...target, "--method", method, ...more])) as Answer;
  const call = (name: string, input: object) =>
    ask("tools/call", "--tool-name", name, "--tool-arg", ...Object.entries(input).map(([field, value]) => `${field}=${value}`));

  const { tools } = await ask("tools/list");
  const id = jobIn(textOf(await call("render_image", wish)));
  const waited = await call("wait_for_job", { job_id: id, timeout_s: 40 });
  const { id: artifact } = await fileIn(textOf(waited), studio);
  const { contents } = await ask("resources/read", "--uri", `myspinbot://artifacts/${artifact}`);
  const file = await resourceIn(textOf(waited), studio, sha256(Buffer.from(contents[0]?.blob ?? "", "base64")));
  await between.close();
  const said = { client: "Inspector, command line", version, way, tools: tools.length };
  // over stdio nobody stands between and listens
  const heard = way === "HTTP" ? between.heard() : { era: "–", calls: 2 };
  return { ...said, ...heard, shown: shownOf(waited), file };
}

export const inspectorClients: [string, (studio: Studio) => Promise<Seen>][] = (["HTTP", "stdio"] as const).map((way) => [
  `Inspector ${version} over ${way}`,
  (studio) => use(way, studio),
]);
