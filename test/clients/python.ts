/** The Python SDK `mcp`, of both major versions, over HTTP and stdio. */
import { join } from "node:path";
import { command } from "../harness/product.ts";
import { python } from "./install.ts";
import { resourceIn, type Seen, type Studio, shownOf, type ToolAnswer, textOf, wish } from "./seen.ts";

interface Told {
  version: string;
  era: string;
  tools: number;
  calls: number;
  answer: ToolAnswer;
  sha256: string;
}

async function run(version: string, way: Seen["way"], studio: Studio): Promise<Seen> {
  const venv = await python(`mcp-${version}`, [`mcp==${version}`]);
  const { clientId = "", clientSecret = "" } = studio.oauth ?? {};
  const where = {
    HTTP: ["http", `${studio.url}/mcp`, studio.key],
    "HTTP, OAuth": ["oauth", `${studio.url}/mcp`, `${clientId}:${clientSecret}`],
    stdio: ["stdio", JSON.stringify(studio.stdio), "-"],
  }[way];
  const script = join(import.meta.dirname, "python_client.py");
  // the authorization server lives in this process, and must be able to answer
  const done = command(join(venv, "bin/python"), [script, ...where, JSON.stringify(wish)], { timeout: 120_000 });
  if ((await done.ended) !== 0) throw new Error(`python: ${done.stderr.slice(-3000)}`);
  const { answer, sha256, ...told } = JSON.parse(done.stdout) as Told;
  return { client: "Python mcp", way, ...told, shown: shownOf(answer), file: await resourceIn(textOf(answer), studio, sha256) };
}

const versions = ["2.3.0", "1.30.0"];
const by = (way: Seen["way"]) =>
  versions.map((version): [string, (studio: Studio) => Promise<Seen>] => [
    `Python mcp ${version} over ${way}`,
    (studio) => run(version, way, studio),
  ]);

export const pythonClients = [...by("HTTP"), ...by("stdio")];
export const pythonOauthClients = by("HTTP, OAuth");
