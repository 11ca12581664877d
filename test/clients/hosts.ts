/** The Host and Origin pitfalls of MCP over HTTP: in containers and behind proxies a studio has other names than localhost. */
import { request } from "node:http";
import type { Checks } from "../harness/checks.ts";
import type { Studio } from "./seen.ts";

/** `fetch` sets Host by itself. */
function post(studio: Studio, headers: Record<string, string>): Promise<{ status: number; text: string }> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
  const sent = { authorization: `Bearer ${studio.key}`, "content-type": "application/json", accept: "application/json, text/event-stream" };
  return new Promise((resolve, reject) => {
    const asked = request(`${studio.url}/mcp`, { method: "POST", headers: { ...sent, ...headers } }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    asked.once("error", reject);
    asked.end(body);
  });
}

export async function hostChecks(checks: Checks, studio: Studio): Promise<void> {
  const { host } = new URL(studio.url);
  const foreign = await post(studio, { host: "myspinbot:4417" });
  checks.check(
    "an unknown Host is refused, and the answer names the setting",
    foreign.status === 403 && foreign.text.includes("MYSPINBOT_ALLOWED_HOSTS"),
    foreign,
  );
  for (const name of [host, `localhost:${new URL(studio.url).port}`])
    checks.check(`${name.replace(/\d+$/, "PORT")} is taken`, (await post(studio, { host: name })).status !== 403);
  const page = await post(studio, { origin: "https://evil.example" });
  checks.check("a foreign page is refused, key or not", page.status === 403, page);
  checks.check("no Origin, as programs send none, is fine", (await post(studio, {})).status !== 403);
  const gone = await fetch(`${studio.url}/mcp`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${studio.key}`, "content-type": "application/json", "mcp-session-id": "no-such-session" },
  });
  checks.check("DELETE with a JSON content type and no body is understood", gone.status === 404, gone.status);
}
