/** A server that speaks the protocol of GPT-SoVITS's `api_v2.py`: one thing at a time, deaf while it speaks. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { badParams, badWork } from "./fake-checks.ts";
import { silentSecond, speech, wavOf } from "./fake-sound.ts";
import type { FakeAsked, FakeOptions, Fault } from "./fake-state.ts";
import { type Refusal, readBody } from "./fake-types.ts";

export interface FakeGptSovits {
  url: string;
  port: number;
  /** Lines that it was asked to speak, oldest first. */
  asked: FakeAsked[];
  faults: Fault[];
  /** Whether it was told to exit, and did. */
  exited: boolean;
  /** Requests that it answered at all, by path. */
  paths: string[];
  close(): Promise<void>;
}

export async function startFakeGptSovits(options: FakeOptions = {}): Promise<FakeGptSovits> {
  const known = new Set<string>();
  let last: Promise<unknown> = Promise.resolve();

  const json = (response: ServerResponse, { status, body }: Refusal) => {
    const plain = typeof body === "string";
    response.writeHead(status, { "content-type": plain ? "text/plain; charset=utf-8" : "application/json" });
    response.end(plain ? body : JSON.stringify(body));
  };
  const sound = (response: ServerResponse, bytes: Buffer) => {
    response.writeHead(200, { "content-type": "audio/wav" });
    response.end(bytes);
  };

  const faulty: Record<Fault, (response: ServerResponse, body: Record<string, unknown>) => void> = {
    silence: (response) => sound(response, wavOf(silentSecond)),
    nothing: (response) => sound(response, Buffer.alloc(0)),
    html: (response) => {
      response.writeHead(200, { "content-type": "text/html" });
      response.end("<!DOCTYPE html><html><body>Welcome</body></html>");
    },
    crash: (response) => json(response, { status: 500, body: "Internal Server Error" }),
    drop: (response) => response.destroy(),
    stream: (response, body) => sound(response, wavOf(speech(String(body["text"]), Number(body["seed"]), 1), true)),
    memory: (response) =>
      json(response, {
        status: 400,
        body: { message: "tts failed", Exception: "CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 4.00 GiB total)" },
      }),
    words: (response) =>
      json(response, {
        status: 400,
        body: { message: "tts failed", Exception: "\n***\n  Resource 'cmudict' not found.\n  Please use the NLTK Downloader" },
      }),
    invalid: (response) =>
      json(response, { status: 422, body: { detail: [{ type: "missing", loc: ["body", "refer_wav_path"], msg: "Field required" }] } }),
  };

  const speak = async (response: ServerResponse, raw: string): Promise<void> => {
    const read = readBody(raw);
    if ("refusal" in read) return json(response, read.refusal);
    const wish = read.body;
    const refused = badParams(wish, options);
    if (refused) return json(response, refused);
    const { refusal, seconds } = await badWork(wish, options, known);
    fake.asked.push({ body: wish, seconds });
    if (refusal) return json(response, refusal);
    await sleep(options.lineMs ?? 0);
    const fault = fake.faults.shift();
    if (fault) return faulty[fault](response, wish);
    const text = String(wish["text"]);
    // what has no letter is left out, and nothing at all becomes a second of silence
    if (!/[\p{L}\p{N}]/u.test(text)) return sound(response, wavOf(silentSecond));
    sound(response, wavOf(speech(text, Number(wish["seed"] ?? 0), Number(wish["speed_factor"] ?? 1)), Boolean(wish["streaming_mode"])));
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://fake");
    fake.paths.push(`${request.method} ${url.pathname}`);
    if (url.pathname === "/tts" && request.method === "POST") return speak(response, await readText(request));
    if (request.method !== "GET") return json(response, { status: 405, body: { detail: "Method Not Allowed" } });
    if (url.pathname === "/tts") return json(response, { status: 500, body: "Internal Server Error" });
    if (url.pathname === "/openapi.json")
      return json(response, {
        status: 200,
        body: { openapi: "3.1.0", info: { title: "FastAPI" }, paths: { "/control": {}, "/tts": {}, "/set_sovits_weights": {} } },
      });
    if (url.pathname !== "/control") return json(response, { status: 404, body: { detail: "Not Found" } });
    const command = url.searchParams.get("command");
    if (command === null) return json(response, { status: 400, body: { message: "command is required" } });
    if (command === "exit") {
      fake.exited = true;
      response.destroy();
      return fake.close();
    }
    json(response, { status: 200, body: "null" });
  };

  // the handler of a line blocks its loop: whoever comes meanwhile is taken by the system and answered afterwards
  const server = createServer((request, response) => {
    last = last.then(() => answer(request, response)).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const fake: FakeGptSovits = {
    ...{ url: `http://127.0.0.1:${port}`, port, asked: [], exited: false, paths: [] },
    faults: [...(options.faults ?? [])],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return fake;
}
