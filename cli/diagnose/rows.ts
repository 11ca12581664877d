/** The table's rows about other programs, with what their addresses tell beyond "does not answer". */
import { bringCheckpoint } from "../../core/bring-model.ts";
import type { StatusRow } from "../../core/client.ts";
import { nearest } from "../../core/nearest.ts";
import { extraHosts, fromContainer, hostName, isLoopback, shown } from "./container.ts";
import { type Circumstances, explain } from "./explain.ts";
import { field, isSilence, look } from "./look.ts";
import { comfyui, gpuHost, ollama, openai, type Program } from "./program.ts";
import { engineFix, pullFix } from "./stack.ts";

export interface Addresses {
  comfyui: { url: string; configured: boolean };
  gpuHost: { url: string; configured: boolean };
  ollama: { url: string; configured: boolean; model?: string };
  openai?: { baseUrl: string; apiKey?: string };
  /** GB of the card that may be used. */
  vramGb?: number;
}

const names = (value: unknown, key: string): string[] =>
  (Array.isArray(value) ? value : []).map((entry) => (typeof entry === "string" ? entry : String(field(entry, key) ?? ""))).filter(Boolean);

/** A part that does not work, with its cause; where nobody ever set its address it stays absent, and nothing there is no news. */
async function explained(row: StatusRow, program: Program, address: string, configured: boolean, how: Circumstances): Promise<StatusRow> {
  const finding = await explain(program, address, how);
  if (!finding) return row;
  const { stack } = how;
  if (stack)
    return {
      ...row,
      ...(configured ? { what: finding.what } : {}),
      fix: engineFix(stack, program.setting, { address, configured }, finding.fix),
    };
  if (configured) return { ...row, what: finding.what, fix: finding.fix };
  // somebody is there, only not who was looked for
  if (!isSilence(await look(address, program.path, { patience: 1000 })))
    return { ...row, what: row.state === "absent" ? `not found: ${finding.what}` : finding.what, fix: finding.fix };
  if (!how.container || !isLoopback(address)) return row;
  const fromHere = `In a container 127.0.0.1 is the container itself: for one on the host ${program.setting}=${fromContainer(address)}`;
  return { ...row, fix: row.fix ? `${row.fix.replace(/\.$/, "")}. ${fromHere}` : fromHere };
}

/** A ComfyUI that answers and has nothing to draw with. */
async function checkpoints(row: StatusRow, address: string): Promise<StatusRow> {
  const answer = await look(address, "/models/checkpoints");
  if (isSilence(answer) || answer.status !== 200 || !Array.isArray(answer.body) || answer.body.length > 0) return row;
  return {
    ...{ part: row.part, state: "down", what: `${row.what}, and has no checkpoint to draw with` },
    fix: bringCheckpoint,
  };
}

/** A ComfyUI that draws on the processor, or on a smaller card than was said. */
async function card(row: StatusRow, address: string, vramGb: number | undefined): Promise<StatusRow> {
  const answer = await look(address, "/system_stats");
  const devices = isSilence(answer) ? undefined : field(answer.body, "devices");
  const [device] = Array.isArray(devices) ? devices : [];
  if (field(device, "type") === "cpu")
    return {
      ...{ part: row.part, state: "info", what: `${row.what}, on the processor: it sees no GPU, and a picture takes minutes` },
      fix: "Start it without --cpu, with NVIDIA's driver and a PyTorch for CUDA; in a container: npm run compose:check says what is missing",
    };
  const there = Number(field(device, "vram_total")) / 2 ** 30;
  // a 16 GB card has 15.6 to 16 of them
  if (vramGb === undefined || !(there > 0) || there >= vramGb * 0.93) return row;
  return {
    ...{
      part: row.part,
      state: "info",
      what: `${row.what}, and MYSPINBOT_VRAM_GB is ${vramGb}: what is meant for ${vramGb} GB does not fit`,
    },
    fix: `MYSPINBOT_VRAM_GB=${Math.max(1, Math.floor(there + 0.5))}`,
  };
}

/** An Ollama that answers: which models it has, where the wanted one is missing, and what the chosen one cannot do. */
async function models(row: StatusRow, { url, model }: Addresses["ollama"]): Promise<StatusRow> {
  const list = await look(url, ollama.path);
  if (isSilence(list)) return row;
  const there = names(field(list.body, "models"), "name");
  const wanted = model === undefined || there.includes(model) || there.includes(`${model}:latest`);
  if (model !== undefined && !wanted) {
    const near = nearest(model, there);
    return {
      ...{
        part: row.part,
        state: "down",
        what: `${model} is not pulled in Ollama at ${shown(url)}, which has ${there.slice(0, 8).join(", ") || "no model"}`,
      },
      fix: `ollama pull ${model}${there.length > 0 ? `, or set OLLAMA_MODEL=${near ?? there[0]}` : ""}`,
    };
  }
  const chosen = there.find((name) => row.what.startsWith(`${name} `) || row.what.startsWith(`${name.replace(/:latest$/, "")} `));
  if (!chosen) return row;
  const shows = await look(url, "/api/show", { method: "POST", body: JSON.stringify({ model: chosen }) });
  const capabilities = isSilence(shows) ? [] : names(field(shows.body, "capabilities"), "");
  return capabilities.length > 0 && !capabilities.includes("vision") ? { ...row, what: `${row.what}; it does not look at pictures` } : row;
}

export async function comfyuiRow(
  row: StatusRow,
  { comfyui: { url, configured }, vramGb }: Addresses,
  where: Circumstances,
): Promise<StatusRow> {
  if (row.state !== "ok") return explained(row, comfyui, url, configured, where);
  const stocked = await checkpoints(row, url);
  return stocked === row ? card(row, url, vramGb) : stocked;
}

/** Only where its address is at fault: what it lacks itself, and what is wrong with its key, the row tells already. */
export async function gpuHostRow(row: StatusRow, { url, configured }: Addresses["gpuHost"], where: Circumstances): Promise<StatusRow> {
  return row.state === "ok" ? row : explained(row, gpuHost, url, configured, where);
}

export async function chatModelRow(row: StatusRow, addresses: Addresses, where: Circumstances): Promise<StatusRow> {
  const server = addresses.openai;
  if (server) {
    const headers: Record<string, string> = server.apiKey ? { authorization: `Bearer ${server.apiKey}` } : {};
    return row.state === "ok" ? row : explained(row, openai, server.baseUrl, true, { ...where, headers });
  }
  const better = row.state === "ok" ? row : await explained(row, ollama, addresses.ollama.url, addresses.ollama.configured, where);
  return pullFix(where.stack, better === row ? await models(row, addresses.ollama) : better, addresses.ollama.url);
}

/** A part that lies at an address of ours: a container's own localhost is what is wrong with it most often. */
export function ownAddress(row: StatusRow, setting: string, address: string, container: boolean): StatusRow {
  if (row.state !== "down" || !container || !isLoopback(address)) return row;
  return {
    ...row,
    fix: `${setting} names this container itself. For one on the host: ${hostName} in place of the host name, and ${extraHosts}`,
  };
}
