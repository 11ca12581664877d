/** What helps inside the containers of compose.yaml, where a person changes no address and starts no program by hand: profiles and services. */
import type { StatusRow } from "../../core/client.ts";

export interface Stack {
  /** The compose file, as it is named from the repository's root. */
  file: string;
  /** A further machine, whose stores are on the first one. */
  further: boolean;
}

const firstFile = "compose/compose.yaml";
const outsideWords = '(docs/full-mode.md, "An engine outside the stack")';

/** Undefined outside the stack: each of its files sets one of the two. */
export function stackOf(env: NodeJS.ProcessEnv = process.env): Stack | undefined {
  const file = env["STACK_FILE"]?.trim();
  if (file) return { file, further: true };
  return env["STACK_PROFILES"] === undefined ? undefined : { file: firstFile, further: false };
}

/** Setting of an engine's address → what brings it here. */
const engines: Record<string, { service: string; profile: string; also?: string }> = {
  COMFYUI_URL: { service: "comfyui", profile: "gpu", also: " (it needs an NVIDIA GPU; leave compose.cpu.yaml out)" },
  GPU_HOST_URL: { service: "gpu-host", profile: "gpu", also: " (it needs an NVIDIA GPU; leave compose.cpu.yaml out)" },
  OLLAMA_URL: { service: "ollama", profile: "chat" },
};

const started = (file: string, service: string) =>
  `docker compose -f ${file} up -d ${service}; why it stopped: docker compose -f ${file} logs --tail 50 ${service}`;

export const startService = ({ file }: Stack, service: string): string => started(file, service);

const isOf = (address: string, service: string) => new URL(address).hostname === service;

/** @param fix what helps outside the stack with an address that a person set. */
export function engineFix({ file, further }: Stack, setting: string, at: { address: string; configured: boolean }, fix: string): string {
  const engine = engines[setting];
  if (engine && !at.configured)
    return `Add ${engine.profile} to COMPOSE_PROFILES in compose/.env${engine.also ?? ""}, then docker compose -f ${file} up -d`;
  if (engine && isOf(at.address, engine.service)) return started(file, engine.service);
  if (further) return fix;
  return `${fix.replace(/\.$/, "")}. What runs outside the stack is reached only by way of compose.outside.yaml ${outsideWords}`;
}

/** A model comes into the stack's own Ollama by its container. */
export function pullFix(stack: Stack | undefined, row: StatusRow, address: string): StatusRow {
  if (!stack || !row.fix?.startsWith("ollama pull") || !isOf(address, "ollama")) return row;
  return { ...row, fix: `docker compose -f ${stack.file} exec ollama ${row.fix}` };
}

const foreign: Record<string, string> = {
  a1111: `It is no part of the stack. One that runs elsewhere: A1111_URL in compose/.env ${outsideWords}`,
  "gpt-sovits": `It is no part of the stack. One that runs elsewhere: GPT_SOVITS_URL in compose/.env ${outsideWords}`,
  sherpa: `It is no part of the stack. Voices come from gpu-host (profile gpu), or from a GPT-SoVITS elsewhere: GPT_SOVITS_URL in compose/.env ${outsideWords}`,
};

/** An engine that the stack has no service for, and that nobody has set. */
export function foreignEngine(stack: Stack | undefined, id: string, row: StatusRow): StatusRow {
  const fix = stack && row.state === "absent" ? foreign[id] : undefined;
  return fix ? { ...row, fix } : row;
}

const stores: Record<string, string> = { Database: "postgres", Queue: "redis", Files: "minio" };

/** Undefined for what is no store. */
export function storeFix({ further }: Stack, part: string): string | undefined {
  const service = stores[part];
  return service && `${further ? "On the first machine: " : ""}${started(firstFile, service)}`;
}
