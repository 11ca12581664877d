/** The routes of a fake A1111 and its errors: Forge and A1111 say the same thing in different words. */
import { drawPreview } from "./fake-pictures.ts";
import { type FakeState, reread } from "./fake-state.ts";
import { FakeError, versionOf } from "./fake-work.ts";

export interface FakeAnswer {
  status: number;
  /** An object is JSON, a text is a page. */
  body?: unknown;
  /** Cut off: before anything is said, or half way. */
  break?: "before" | "half";
}

const gigabyte = 1024 ** 3;

export function errorAnswer(state: FakeState, error: FakeError): FakeAnswer {
  const http = error.kind === "HTTPException";
  if (state.options.dialect === "a1111")
    return {
      status: error.status,
      body: { error: error.kind, detail: http ? error.message : "", body: "", errors: http ? "" : error.message },
    };
  if (http) return { status: error.status, body: { detail: error.message } };
  return { status: error.status, body: { error: error.kind, detail: "", body: "", message: error.message } };
}

function memoryOf(state: FakeState, keeps: boolean): object {
  const ram = { free: 8 * gigabyte, used: 8 * gigabyte, total: 16 * gigabyte };
  if (state.options.device === "cpu") return { ram, cuda: { error: "unavailable" } };
  const { onCard, loaded } = state.memory;
  const held = (onCard || keeps) && loaded ? 4 * gigabyte : 0.25 * gigabyte;
  return {
    ram,
    cuda: {
      system: { free: 15.5 * gigabyte - held, used: 0.5 * gigabyte + held, total: 16 * gigabyte },
      allocated: { current: held - 0.125 * gigabyte, peak: held },
      reserved: { current: held, peak: held },
    },
  };
}

async function progressOf(state: FakeState, body: Record<string, unknown>): Promise<object> {
  const { memory } = state;
  const id = String(body["id_task"]);
  const [active, queued, completed] = [id === memory.current, memory.pending.includes(id), memory.finished.includes(id)];
  if (!active)
    return { active, queued, completed, progress: null, eta: null, live_preview: null, id_live_preview: -1, textinfo: "Waiting..." };
  const { job_count, job_no, sampling_step, sampling_steps } = memory.state;
  let progress = job_count > 0 ? job_no / job_count : 0;
  if (sampling_steps > 0 && job_count > 0) progress += sampling_step / sampling_steps / job_count;
  const wanted = body["live_preview"] !== false && sampling_step > 0 && body["id_live_preview"] !== sampling_step;
  const preview = wanted ? `data:image/jpeg;base64,${(await drawPreview(`${id}${sampling_step}`)).toString("base64")}` : null;
  return {
    ...{ active, queued, completed, progress: Math.min(1, progress), eta: 1, textinfo: null },
    ...{ live_preview: preview, id_live_preview: wanted ? sampling_step : (body["id_live_preview"] ?? -1) },
  };
}

/** What every version lists about itself. */
const lists: Record<string, (state: FakeState) => unknown> = {
  "/sdapi/v1/sd-models": ({ memory }) =>
    memory.seen.checkpoints.map((name) => ({
      // the hash joins the title when the file was loaded once
      title: memory.loaded === name ? `${name} [0123456789]` : name,
      model_name: name.replace(/[\\/]/g, "_").replace(/\.[a-z]+$/, ""),
      filename: `/home/someone/webui/models/Stable-diffusion/${name}`,
    })),
  "/sdapi/v1/loras": ({ memory }) =>
    memory.seen.loras.map(({ path, metadata }) => {
      const name = (path.split(/[\\/]/).at(-1) ?? path).replace(/\.[a-z]+$/, "");
      return {
        name,
        alias: String(metadata?.["ss_output_name"] ?? name),
        path: `/home/someone/webui/models/Lora/${path}`,
        metadata: metadata ?? {},
      };
    }),
  "/sdapi/v1/upscalers": ({ memory }) =>
    memory.seen.upscalers.map((name) => ({ name, model_name: null, model_path: null, model_url: null, scale: 4 })),
  "/sdapi/v1/samplers": ({ options }) =>
    (options.joinedSamplers ? ["DPM++ 2M Karras", "Euler a", "Euler"] : ["DPM++ 2M", "Euler a", "Euler"]).map((name) => ({
      name,
      aliases: [],
      options: {},
    })),
  "/sdapi/v1/options": ({ memory }) => memory.options,
  "/sdapi/v1/cmd-flags": ({ options }) => ({ no_hashing: options.noHashing === true, api: true }),
};

const schedulers = [
  { name: "automatic", label: "Automatic" },
  { name: "karras", label: "Karras" },
  { name: "sgm_uniform", label: "SGM Uniform" },
];

const notFound: FakeAnswer = { status: 404, body: { detail: "Not Found" } };

/** Everything but the work. */
export async function answer(
  state: FakeState,
  { method, path, body, keepVram }: { method: string; path: string; body: Record<string, unknown>; keepVram: boolean },
): Promise<FakeAnswer> {
  const { memory, options } = state;
  const ok = (found: unknown = {}): FakeAnswer => ({ status: 200, body: found });
  if (path.startsWith("/internal/")) {
    if (options.noPage) return notFound;
    if (path === "/internal/progress" && method === "POST") return ok(await progressOf(state, body));
    if (path === "/internal/pending-tasks") return ok({ size: memory.pending.length, tasks: memory.pending });
    if (path === "/internal/sysinfo") return ok({ Version: versionOf(state), "Script path": "/home/someone/webui", Packages: [] });
    return notFound;
  }
  if (options.noApi) return notFound;
  const list = lists[path];
  if (list && method === "GET") return ok(list(state));
  switch (`${method} ${path}`) {
    case "GET /sdapi/v1/schedulers":
      return options.joinedSamplers ? notFound : ok(schedulers);
    case "GET /sdapi/v1/progress":
      return ok({ progress: 0, eta_relative: 0, state: { ...memory.state }, current_image: null, textinfo: null });
    case "GET /sdapi/v1/memory":
      return ok(memoryOf(state, keepVram));
    case "POST /sdapi/v1/interrupt":
      memory.state.interrupted = true;
      return ok();
    case "POST /sdapi/v1/skip":
      memory.state.skipped = true;
      return ok(null);
    case "POST /sdapi/v1/refresh-loras":
      reread(state, "loras");
      return ok(null);
    case "POST /sdapi/v1/refresh-checkpoints":
      // behind whatever is drawn
      await memory.lock;
      reread(state, "checkpoints");
      return ok(null);
    case "POST /sdapi/v1/unload-checkpoint":
      memory.onCard = false;
      return ok();
    case "POST /sdapi/v1/reload-checkpoint":
      // Forge answers and does nothing
      if (options.dialect === "a1111") memory.onCard = true;
      return ok();
    default:
      return notFound;
  }
}

export const asFakeError = (error: unknown): FakeError =>
  error instanceof FakeError ? error : new FakeError("RuntimeError", String(error));
