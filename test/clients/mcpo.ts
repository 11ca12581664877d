/** mcpo: our tools as an OpenAPI server, for programs that know no MCP. */
import { join } from "node:path";
import { freePort } from "../../platform/bullmq/testing/redis-server.ts";
import { command, until } from "../harness/product.ts";
import { python } from "./install.ts";
import { listenBetween } from "./listener.ts";
import { fileIn, jobIn, type Seen, type Studio, wish } from "./seen.ts";

const version = "0.0.20";
/** Newer ones of these do not start it. */
const packages = [`mcpo==${version}`, "mcp<2", "fastapi<0.120", "starlette<0.48"];

async function use(way: Seen["way"], studio: Studio): Promise<Seen> {
  const venv = await python(`mcpo-${version}`, packages);
  const between = await listenBetween(studio);
  const port = await freePort();
  const key = "a-key-of-this-run";
  const header = JSON.stringify({ Authorization: `Bearer ${studio.key}` });
  const target =
    way === "HTTP"
      ? ["--server-type", "streamable-http", "--header", header, "--", `${between.studio.url}/mcp`]
      : ["--", studio.stdio.command, ...studio.stdio.args];
  const env = way === "HTTP" ? { PATH: process.env["PATH"] ?? "" } : studio.stdio.env;
  const server = command(join(venv, "bin/mcpo"), ["--host", "127.0.0.1", "--port", `${port}`, "--api-key", key, ...target], { env });
  const url = `http://127.0.0.1:${port}`;
  try {
    const document = await until(
      async () => {
        if (server.child.exitCode !== null) throw new Error(`mcpo ended: ${server.stderr.slice(-2000)}`);
        const answer = await fetch(`${url}/openapi.json`, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
        return answer?.ok && ((await answer.json()) as { paths: object });
      },
      "mcpo serves",
      120_000,
    );
    const call = async (tool: string, input: object): Promise<unknown[]> => {
      const answer = await fetch(`${url}/${tool}`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify(input),
        signal: AbortSignal.timeout(90_000),
      });
      const body = (await answer.json()) as unknown;
      if (!answer.ok) throw new Error(`${tool}: ${answer.status} ${JSON.stringify(body).slice(0, 500)}`);
      return Array.isArray(body) ? body : [body];
    };
    const id = jobIn(JSON.stringify(await call("render_image", wish)));
    const waited = await call("wait_for_job", { job_id: id, timeout_s: 40 });
    const text = waited.filter((part) => typeof part === "string" && !part.startsWith("data:")).join("\n");
    const file = await fileIn(text, studio);
    const shown = {
      text: text.length > 0,
      image: waited.some((part) => typeof part === "string" && part.startsWith("data:image/")),
      link: JSON.stringify(waited).includes("resource_link"),
      data: waited.some((part) => typeof part === "object"),
    };
    const said = { client: "mcpo", version, way, tools: Object.keys(document.paths).length };
    return { ...said, ...(way === "HTTP" ? between.heard() : { era: "–", calls: 2 }), shown, file };
  } finally {
    // it waits for open connections at SIGTERM
    server.child.kill("SIGKILL");
    await server.ended;
    await between.close();
  }
}

export const mcpoClients: [string, (studio: Studio) => Promise<Seen>][] = (["HTTP", "stdio"] as const).map((way) => [
  `mcpo ${version} over ${way}`,
  (studio) => use(way, studio),
]);
