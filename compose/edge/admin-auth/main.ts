/** The service `edge-auth` of the stack: Traefik asks it (forwardAuth) before it lets anybody to an administrator's page. */
import { createServer } from "node:http";
import { createVerifier } from "./verify.ts";

const verify = createVerifier({ studio: process.env["MYSPINBOT_URL"] ?? "http://server:4417" });
const server = createServer((request, response) => {
  const path = request.url?.split("?")[0];
  if (path === "/healthz") return void response.end("ok\n");
  if (path !== "/verify") return void response.writeHead(404).end();
  // Traefik's own word: it drops what a client sends under this name
  const forwarded = request.headers["x-forwarded-for"];
  const peer = (Array.isArray(forwarded) ? forwarded.join() : (forwarded ?? "")).split(",").at(-1)?.trim() || "unknown";
  void verify(request.headers.authorization, peer).then(({ status, headers, text }) =>
    response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store", ...headers }).end(text),
  );
});
server.listen(Number(process.env["PORT"] ?? 9465), process.env["HOST"] ?? "0.0.0.0");
for (const signal of ["SIGTERM", "SIGINT"] as const)
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
  });
