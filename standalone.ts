/** What `doctor` can tell while no studio runs: engines and chat model are looked at, nothing is started. */
import { chatModelOf } from "./agent/model.ts";
import type { Config } from "./config.ts";
import type { StatusView } from "./core/client.ts";
import { silentLog } from "./core/log.ts";
import { statusRows } from "./status.ts";
import { createComfyui } from "./workers/engines/comfyui/comfyui.ts";

export async function standaloneStatus(config: Config, version: string): Promise<StatusView> {
  const seen = async () => false;
  const comfyui = createComfyui({
    ...config.comfyui,
    seen,
    modelFamilies: config.modelFamilies,
    waitMinutes: 0,
    log: silentLog,
  });
  const model = chatModelOf({
    ollama: config.ollama,
    seen: { get: seen, set: async () => undefined },
    log: silentLog,
    ...(config.openai ? { openai: config.openai } : {}),
  });
  try {
    const rows = await statusRows({ engines: [comfyui], agent: model, checks: {}, paused: async () => undefined });
    const studio = { part: "Studio", state: "absent", what: "not running", fix: "myspinbot start" } as const;
    return { version, pid: 0, data: config.data, rows: [studio, ...rows] };
  } finally {
    await comfyui.close();
  }
}
