/** An address that does not do what it was set for is told with its cause and its remedy, against real servers of every wrong kind. */
import { createServer as createHttp, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { startFakeOllama } from "../../agent/testing/fake-ollama.ts";
import { startFakeComfyui } from "../../workers/engines/comfyui/testing/fake-comfyui.ts";
import { inContainer } from "./container.ts";
import { explain } from "./explain.ts";
import { comfyui, ollama, openai } from "./program.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function at(server: Server): Promise<string> {
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  open.push({
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((closed) => server.close(closed));
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const web = (listener: RequestListener) => at(createHttp(listener));
const answers = (status: number, text: string, headers = {}) =>
  web((_, response) => response.writeHead(status, { connection: "close", ...headers }).end(text));
async function kept<T extends { close(): Promise<void> }>(server: Promise<T>): Promise<T> {
  open.push(await server);
  return server;
}
const outside = { container: false };
/** Nobody listens on it. */
const nobody = "http://127.0.0.1:9";

describe("the right program", () => {
  it("is nothing to explain", async () => {
    const [studio, model] = [await kept(startFakeComfyui()), await kept(startFakeOllama())];
    expect(await explain(comfyui, studio.url, outside)).toBeUndefined();
    expect(await explain(ollama, model.url, outside)).toBeUndefined();
    expect(await explain(ollama, (await kept(startFakeOllama({ models: [] }))).url, outside)).toBeUndefined();
  });
});

describe("nobody there", () => {
  it("says how it is started", async () => {
    expect(await explain(ollama, nobody, outside)).toEqual({
      what: "nothing listens at http://127.0.0.1:9",
      fix: "Start it: ollama serve. If it runs elsewhere, set OLLAMA_URL",
    });
  });

  it.each(["http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9"])("in a container %s is the container itself", async (address) => {
    const found = await explain(comfyui, address, { container: true });
    expect(found?.what).toContain("is this container itself");
    expect(found?.fix).toContain("COMFYUI_URL=http://host.docker.internal:9");
    expect(found?.fix).toContain('extra_hosts: ["host.docker.internal:host-gateway"]');
    expect(found?.fix).toContain("--listen 0.0.0.0");
  });

  it("tells a name that is only known in containers from one that is known nowhere, and never shows a password", async () => {
    const host = await explain(ollama, "http://host.docker.internal:11434", { container: false });
    expect(host).toEqual({
      what: "host.docker.internal is a name inside containers, and is not known here",
      fix: "From this machine itself: OLLAMA_URL=http://127.0.0.1:11434",
    });
    expect((await explain(ollama, "http://host.docker.internal:11434", { container: true }))?.fix).toContain("extra_hosts");
    const other = JSON.stringify(await explain(comfyui, "http://me:sesame@gpu.invalid:8188", outside));
    expect(other).toContain("gpu.invalid is not known here");
    expect(other).not.toContain("sesame");
  });

  it("tells a server without HTTP, and one without HTTPS", async () => {
    const raw = await at(createTcp((socket) => socket.on("error", () => undefined).end("SSH-2.0-OpenSSH_9.2\r\n")));
    expect((await explain(comfyui, raw, outside))?.what).toContain("speaks no HTTP");
    const plain = await answers(200, "{}");
    expect(await explain(comfyui, plain.replace("http:", "https:"), outside)).toMatchObject({
      what: expect.stringContaining("speaks no HTTPS"),
      fix: "Write http:// in COMFYUI_URL",
    });
  });

  it("gives up on one that says nothing", async () => {
    const silent = await web(() => undefined);
    expect((await explain(ollama, silent, outside))?.what).toContain("does not answer (ETIMEDOUT)");
  });
});

describe("another program", () => {
  it("is named: ComfyUI and Ollama are swapped", async () => {
    const [studio, model] = [await kept(startFakeComfyui()), await kept(startFakeOllama())];
    expect(await explain(ollama, studio.url, outside)).toEqual({
      what: `${studio.url} is not Ollama, it is ComfyUI`,
      fix: "Set OLLAMA_URL to the address of Ollama",
    });
    expect((await explain(comfyui, model.url, outside))?.fix).toBe("Set COMFYUI_URL to the address of ComfyUI");
  });

  it("is Open WebUI, a web page with a name, or one without", async () => {
    const ui = await web((request, response) => {
      const config = JSON.stringify({ status: true, name: "My chat", version: "0.12.4", features: {} });
      response.end(request.url === "/api/config" ? config : "<!doctype html><title>My chat</title>");
    });
    expect((await explain(ollama, ui, outside))?.what).toBe(`${ui} is not Ollama, it is Open WebUI`);
    const page = await answers(200, "<html><title>Router  login</title></html>");
    expect((await explain(comfyui, page, outside))?.what).toContain('it is a web page named "Router login"');
    expect((await explain(comfyui, await answers(200, "{}"), outside))?.what).toContain("it is another program");
  });

  it("may be the right one, below another path", async () => {
    const model = await web((request, response) => {
      const there = request.url === "/" ? "Ollama is running" : request.url === "/api/tags" ? '{"models":[]}' : undefined;
      response.writeHead(there ? 200 : 404).end(there ?? "404 page not found");
    });
    expect(await explain(ollama, `${model}/v1`, outside)).toEqual({
      what: `${model}/v1 is a path inside Ollama`,
      fix: "Leave out /v1 in OLLAMA_URL",
    });
  });
});

describe("a refusal", () => {
  it.each([
    ["ComfyUI", comfyui, 401, /asks for a login/, /COMFYUI_URL=http:\/\/user:password@/],
    ["ComfyUI", comfyui, 403, /refuses us \(403\)/, /Host and Origin/],
    ["Ollama", ollama, 401, /asks for a login/, /address that Ollama itself/],
    ["Ollama", ollama, 403, /refuses us \(403\)/, /OLLAMA_HOST=0\.0\.0\.0/],
    ["OpenAI", openai, 401, /asks for a login/, /OPENAI_API_KEY/],
    ["ComfyUI", comfyui, 502, /a proxy answers/, /Start it/],
  ] as const)("of %s is told with what helps (case %#)", async (_, program, status, what, fix) => {
    const found = await explain(program, await answers(status, "no"), outside);
    expect(found?.what).toMatch(what);
    expect(found?.fix).toMatch(fix);
  });

  it("may be a login page of a proxy, whose address is named without what it carries", async () => {
    const proxy = await answers(302, "", { location: "https://auth.example.org/login?token=sesame" });
    const found = await explain(comfyui, proxy, outside);
    expect(found?.what).toContain("sends us on to https://auth.example.org/login");
    expect(JSON.stringify(found)).not.toContain("sesame");
  });

  it("of a login that the address carries does not happen", async () => {
    const secured = await web((request, response) => {
      const good = request.headers.authorization === `Basic ${Buffer.from("me:sesame").toString("base64")}`;
      response.writeHead(good ? 200 : 401).end(good ? JSON.stringify({ system: {}, devices: [] }) : "");
    });
    expect(await explain(comfyui, secured.replace("//", "//me:sesame@"), outside)).toBeUndefined();
    expect(await explain(comfyui, secured, outside)).toBeDefined();
  });
});

it("a container is known by its marks, and a machine without them is none", () => {
  expect(inContainer("/nowhere", {})).toBe(false);
  expect(inContainer("/nowhere", { KUBERNETES_SERVICE_HOST: "10.0.0.1" })).toBe(true);
});
