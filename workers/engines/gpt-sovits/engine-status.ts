/** What GPT-SoVITS says of itself, quickly: a face waits for this. It has no route for its health; the list of its routes costs nothing and changes nothing. */
import type { EngineStatus } from "../../../core/ports/engine.ts";
import { type Http, Silent } from "./http.ts";
import type { GptSovitsOptions, Timings } from "./options.ts";
import type { Recordings } from "./recordings.ts";
import type { Turns } from "./turns.ts";

const fresh = 1_000;

/** From its own folder. */
export function startCommand(address: string): string {
  const { hostname, port, protocol } = new URL(address);
  const local = /^(127\.|localhost$|\[::1\]$)/.test(hostname);
  return `python api_v2.py -a ${local ? "127.0.0.1" : "0.0.0.0"} -p ${port || (protocol === "https:" ? 443 : 80)} -c GPT_SoVITS/configs/tts_infer.yaml`;
}

/** Whether it is `api_v2.py` that answers. Throws Unreachable, Silent. */
export async function isSovits(http: Http, timeout: number, signal?: AbortSignal): Promise<boolean> {
  const { status, body } = await http.get("/openapi.json", timeout, signal);
  if (status !== 200) return false;
  try {
    const { paths } = JSON.parse(new TextDecoder().decode(body)) as { paths?: Record<string, unknown> };
    return paths !== undefined && "/tts" in paths && "/set_sovits_weights" in paths;
  } catch {
    return false;
  }
}

interface StatusParts {
  http: Http;
  recordings: Recordings;
  turns: Turns;
  timings: Timings;
  options: Pick<GptSovitsOptions, "configured" | "seen">;
}

export function createStatus({ http, recordings, turns, timings, options }: StatusParts): (signal?: AbortSignal) => Promise<EngineStatus> {
  const { address } = http;
  const base = { id: "gpt-sovits", title: "GPT-SoVITS", url: address };
  const fix = `In GPT-SoVITS's folder: ${startCommand(address)}. If it runs elsewhere, set GPT_SOVITS_URL.`;
  let last: { until: number; answer: Promise<EngineStatus> } | undefined;

  const ready = async (note?: string): Promise<EngineStatus> => {
    const said = (await recordings.problem()) ?? note;
    return { ...base, state: "ready", ...(said ? { note: said } : {}) };
  };
  const not = async (note: string): Promise<EngineStatus> =>
    options.configured || (await options.seen()) ? { ...base, state: "down", note, fix } : { ...base, state: "absent", fix };

  const ask = async (): Promise<EngineStatus> => {
    try {
      if (await isSovits(http, timings.status)) return ready();
      return not(`${address} answers, but it is not GPT-SoVITS's api_v2.py`);
    } catch (error) {
      // it answers nobody while it speaks: one that is known to be there is not called down for that
      if (error instanceof Silent && (turns.busy || options.configured || (await options.seen())))
        return ready("it takes connections and answers nothing: it speaks, or is stuck");
      return not(`${address} does not answer`);
    }
  };

  return async (signal) => {
    signal?.throwIfAborted();
    if (!last || Date.now() > last.until) {
      // one question for all who ask while it is under way, and a moment longer
      const asked = { until: Number.POSITIVE_INFINITY, answer: ask() };
      last = asked;
      void asked.answer.finally(() => {
        asked.until = Date.now() + fresh;
      });
    }
    return last.answer;
  };
}
