/** The least that can be done: three tools of SDK v2 over a ComfyUI, without any memory of its own. Arguments: ComfyUI's address, `stdio` or `http`. */
import { serve } from "@hono/node-server";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { bareServer, connectComfyui } from "./mcp/bare-server.ts";

const [url = "", way = "stdio"] = process.argv.slice(2);
const comfyui = await connectComfyui(url);

if (way === "stdio") serveStdio(() => bareServer(comfyui));
else {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const handle = async (request: Request): Promise<Response> => {
    const known = sessions.get(request.headers.get("mcp-session-id") ?? "");
    if (known) return known.handleRequest(request);
    const transport: WebStandardStreamableHTTPServerTransport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      onsessioninitialized: (id) => void sessions.set(id, transport),
    });
    await bareServer(comfyui).connect(transport);
    return transport.handleRequest(request);
  };
  serve({ fetch: handle, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
    console.log(JSON.stringify({ url: `http://127.0.0.1:${port}/mcp` })),
  );
}
