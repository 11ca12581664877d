/** The TypeScript SDKs, v1 and v2 in both eras, over HTTP with a key and over stdio. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connectHttp, connectStdio, type Kind, kinds, type TestClient } from "../../mcp-server/testing/clients.ts";
import { root, sha256 } from "../harness/product.ts";
import { jobIn, resourceIn, type Seen, type Studio, shownOf, textOf, wish } from "./seen.ts";

function versionOf(name: string): string {
  return (JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")) as { version: string }).version;
}

async function use(client: TestClient, studio: Studio): Promise<Pick<Seen, "tools" | "calls" | "shown" | "file">> {
  const tools = await client.tools();
  const submitted = await client.call("render_image", wish);
  let calls = 1;
  for (const id = jobIn(textOf(submitted)); calls < 10; ) {
    const waited = await client.call("wait_for_job", { job_id: id, timeout_s: 20 });
    calls++;
    const link = waited.content.find(({ type }) => type === "resource_link");
    if (!link) continue;
    const [content] = await client.read(link.uri ?? "");
    const file = await resourceIn(textOf(waited), studio, sha256(Buffer.from(content?.blob ?? "", "base64")));
    return { tools: tools.length, calls, shown: shownOf(waited), file };
  }
  throw new Error("the job did not end");
}

async function withClient(client: TestClient, kind: Kind, way: Seen["way"], studio: Studio): Promise<Seen> {
  try {
    const seen = await use(client, studio);
    const [name, version] =
      kind === "v1" ? ["SDK v1", versionOf("@modelcontextprotocol/sdk")] : ["SDK v2", versionOf("@modelcontextprotocol/client")];
    // SDK v1 does not tell over stdio
    return { client: name ?? "", version: version ?? "", way, era: client.protocol() ?? "–", ...seen };
  } finally {
    await client.close();
  }
}

export const sdkClients: [string, (studio: Studio) => Promise<Seen>][] = kinds.flatMap((kind) => [
  [
    `SDK ${kind} over HTTP`,
    async (studio) => withClient(await connectHttp(kind, new URL("/mcp", studio.url), studio.key), kind, "HTTP", studio),
  ],
  [`SDK ${kind} over stdio`, async (studio) => withClient(await connectStdio(kind, studio.stdio), kind, "stdio", studio)],
]);
