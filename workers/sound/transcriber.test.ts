import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { silentLog } from "../../core/log.ts";
import { melody } from "./testing/sounds.ts";
import { createTranscriber } from "./transcriber.ts";
import { writeWav } from "./wav.ts";

const signal = new AbortController().signal;
const wav = writeWav(melody(0.2));
let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void): Promise<string> {
  server = createServer(async (request, response) => answer(request, response, await buffer(request)));
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const json = (value: unknown) => (_: IncomingMessage, response: ServerResponse) =>
  response.setHeader("content-type", "application/json").end(JSON.stringify(value));

describe("speech to text", { timeout: 30_000 }, () => {
  it("is asked for as OpenAI's interface has it, with model, language and key", async () => {
    let seen: { url: string | undefined; key: string | undefined; body: string } | undefined;
    const url = await serve((request, response, body) => {
      seen = { url: request.url, key: request.headers.authorization, body: body.toString("latin1") };
      json({ text: " Hello  there. [MUSIC]", language: "english" })(request, response);
    });
    const transcriber = createTranscriber({ url: `${url}/v1/`, model: "small", key: "secret", log: silentLog });
    expect(await transcriber.transcribe(wav, "en", signal)).toEqual({ text: "Hello there.", language: "en" });
    expect(seen).toMatchObject({ url: "/v1/audio/transcriptions", key: "Bearer secret" });
    for (const part of ['name="file"; filename="speech.wav"', 'name="model"\r\n\r\nsmall', 'name="language"\r\n\r\nen', "RIFF"])
      expect(seen?.body).toContain(part);
  });

  it("is taken as plain text as well, with or without a language", async () => {
    const url = await serve((_, response) => response.end("Only words.\n"));
    expect(await createTranscriber({ url, log: silentLog }).transcribe(wav, undefined, signal)).toEqual({ text: "Only words." });
  });

  it.each([
    [
      "does not know the key",
      (_: IncomingMessage, response: ServerResponse) => response.writeHead(401).end("no"),
      "engine_failed",
      "MYSPINBOT_TRANSCRIBE_KEY",
    ],
    [
      "fails",
      (_: IncomingMessage, response: ServerResponse) => response.writeHead(500).end("/home/x/model.bin"),
      "engine_failed",
      "answered 500",
    ],
    ["is a web page", (_: IncomingMessage, response: ServerResponse) => response.end("<html>hi</html>"), "engine_failed", "no transcriber"],
    ["has no text", json({ error: "x" }), "engine_failed", "no transcriber"],
    ["breaks off", (_: IncomingMessage, response: ServerResponse) => response.socket?.destroy(), "engine_unavailable", "does not answer"],
  ])("fails in plain words where the server %s", async (_, answer, code, words) => {
    const url = await serve(answer);
    const error = await createTranscriber({ url, log: silentLog })
      .transcribe(wav, undefined, signal)
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
    expect((error as Error).message).not.toContain("/home");
  });

  it("logs in with the name and password that stand in the address", async () => {
    let seen: string | undefined;
    const url = await serve((request, response) => {
      seen = request.headers.authorization;
      json({ text: "Hi." })(request, response);
    });
    await createTranscriber({ url: url.replace("//", "//me:p%40w@"), log: silentLog }).transcribe(wav, undefined, signal);
    expect(seen).toBe(`Basic ${Buffer.from("me:p@w").toString("base64")}`);
  });

  it("names the server and the setting where nothing answers, without a password in its address", async () => {
    const error = await createTranscriber({ url: "http://me:pw@127.0.0.1:9", log: silentLog })
      .transcribe(wav, undefined, signal)
      .catch((caught: Error) => caught);
    expect(error).toMatchObject({ code: "engine_unavailable", message: expect.stringContaining("127.0.0.1:9 (MYSPINBOT_TRANSCRIBE_URL)") });
    expect((error as Error).message).not.toContain("pw");
  });

  it("ends when it is aborted, and after its limit", async () => {
    const url = await serve(() => undefined);
    const stop = new AbortController();
    const waiting = createTranscriber({ url, log: silentLog }).transcribe(wav, undefined, stop.signal);
    stop.abort(new Error("stopped"));
    await expect(waiting).rejects.toThrow("stopped");
    await expect(createTranscriber({ url, log: silentLog, limitSeconds: 0.1 }).transcribe(wav, undefined, signal)).rejects.toMatchObject({
      code: "timeout",
    });
  });
});
