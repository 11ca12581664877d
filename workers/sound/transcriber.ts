/** Speech to text over an OpenAI-compatible `POST {url}/v1/audio/transcriptions`: whisper.cpp's server, speaches, LocalAI. */
import { setTimeout as delay } from "node:timers/promises";
import { Failure } from "../../core/failure.ts";
import type { Log } from "../../core/log.ts";
import { languageCode } from "./languages.ts";

export interface Transcriber {
  /** @param wav at most some minutes. @param language ISO 639-1, or undefined where it is not known. Failure `engine_unavailable`, `engine_failed`. */
  transcribe(wav: Uint8Array, language: string | undefined, signal: AbortSignal): Promise<{ text: string; language?: string }>;
}

export interface TranscriberOptions {
  /** Of the server, without `/v1` (MYSPINBOT_TRANSCRIBE_URL). */
  url: string;
  model?: string;
  key?: string;
  log: Log;
  /** Seconds for one answer: a large model on a CPU is slow. Default 300. */
  limitSeconds?: number;
}

const remedy = "Start it, or give `transcript` yourself: what is said, word by word.";
/** Bytes of an answer; a transcript of a minute has some hundred. */
const mostBytes = 1_000_000;

export function createTranscriber({ url, model = "whisper-1", key, log, limitSeconds = 300 }: TranscriberOptions): Transcriber {
  const { address, host, login } = serverOf(url);

  const ask = async (wav: Uint8Array, language: string | undefined, signal: AbortSignal): Promise<Response> => {
    const form = new FormData();
    form.set("file", new Blob([new Uint8Array(wav)], { type: "audio/wav" }), "speech.wav");
    form.set("model", model);
    form.set("response_format", "verbose_json");
    form.set("temperature", "0");
    if (language) form.set("language", language);
    const authorization = key ? `Bearer ${key}` : login ? `Basic ${Buffer.from(login).toString("base64")}` : undefined;
    const headers: Record<string, string> = authorization ? { authorization } : {};
    try {
      const limit = AbortSignal.timeout(limitSeconds * 1000);
      return await fetch(address, { method: "POST", body: form, headers, redirect: "error", signal: AbortSignal.any([signal, limit]) });
    } catch (error) {
      signal.throwIfAborted();
      if ((error as Error).name === "TimeoutError")
        throw new Failure("timeout", `The transcriber at ${host} did not answer within ${limitSeconds} s. ${remedy}`, { cause: error });
      throw new Failure("engine_unavailable", `The transcriber at ${host} (MYSPINBOT_TRANSCRIBE_URL) does not answer. ${remedy}`, {
        cause: error,
        retryable: true,
      });
    }
  };

  return {
    async transcribe(wav, language, signal) {
      let answer = await ask(wav, language, signal);
      // it is loading its model: once more is enough for a person who waits
      if (answer.status === 503) {
        await answer.body?.cancel();
        await delay(5000, undefined, { signal }).catch(() => signal.throwIfAborted());
        answer = await ask(wav, language, signal);
      }
      const body = await textOf(answer, signal);
      if (!answer.ok) {
        log.warn({ status: answer.status, body: body.slice(0, 500) }, "the transcriber refused");
        const why =
          answer.status === 401 || answer.status === 403 ? "wants another key (MYSPINBOT_TRANSCRIBE_KEY)" : `answered ${answer.status}`;
        throw new Failure(
          "engine_failed",
          `The transcriber at ${host} ${why}. Correct the setting, or give \`transcript\` yourself: what is said, word by word.`,
        );
      }
      return parse(body, host);
    },
  };
}

/** `login` = name and password that stand in the address; `fetch` takes none there, and no message shows them. */
function serverOf(url: string): { address: string; host: string; login?: string } {
  if (!URL.canParse(url)) throw new Failure("config", "MYSPINBOT_TRANSCRIBE_URL is no address. Use one such as http://127.0.0.1:8080.");
  const server = new URL(url);
  const login = server.username ? `${decodeURIComponent(server.username)}:${decodeURIComponent(server.password)}` : undefined;
  const path = server.pathname.replace(/\/+$/, "").replace(/\/v1$/, "");
  return { address: `${server.origin}${path}/v1/audio/transcriptions`, host: server.host, ...(login ? { login } : {}) };
}

async function textOf(answer: Response, signal: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer.body ?? []) {
      bytes += chunk.length;
      if (bytes > mostBytes) break;
      chunks.push(chunk);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new Failure("engine_failed", `The transcriber broke off. ${remedy}`, { cause: error, retryable: true });
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Some servers answer with plain text whatever they are asked for. */
function parse(body: string, host: string): { text: string; language?: string } {
  const found = ((): { text?: unknown; language?: unknown } => {
    try {
      return JSON.parse(body) as object;
    } catch {
      return /^\s*</.test(body) ? {} : { text: body };
    }
  })();
  if (typeof found.text !== "string")
    throw new Failure(
      "engine_failed",
      `What answers at ${host} is no transcriber: its answer has no text. Correct MYSPINBOT_TRANSCRIBE_URL.`,
    );
  // marks for what is no speech, such as [MUSIC] or (applause)
  const text = found.text
    .replace(/\[[^\]]*\]|\([^)]*\)|<\|[^|]*\|>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  const language = typeof found.language === "string" ? languageCode(found.language) : undefined;
  return { text, ...(language ? { language } : {}) };
}
