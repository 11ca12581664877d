/** What a service of compose.yaml adds to the settings: which engines are there is told by the chosen profiles alone, so that `.env` says it once. */

const key = "/run/secrets/gpu_host_key";

/** Profile → its engines' addresses on the stack's networks. */
const engines: Record<string, Record<string, string>> = {
  chat: { OLLAMA_URL: "http://ollama:11434" },
  gpu: { COMFYUI_URL: "http://comfyui:8188", GPU_HOST_URL: "http://gpu-host:7080" },
};

/**
 * The settings that are to be added. Outside the stack (no STACK_PROFILES) none; an address that is given wins, for an engine on another machine.
 * @param exists whether a file is there.
 */
export function engineSettings(env: NodeJS.ProcessEnv, exists: (path: string) => boolean): Record<string, string> {
  if (env["STACK_PROFILES"] === undefined) return {};
  const chosen = env["STACK_PROFILES"].split(",").map((name) => name.trim());
  const named = Object.entries(engines).flatMap(([profile, addresses]) =>
    chosen.includes(profile) || chosen.includes("*") ? Object.entries(addresses) : [],
  );
  const added = Object.fromEntries(named.filter(([name]) => !env[name]));
  const host = env["GPU_HOST_URL"] || added["GPU_HOST_URL"];
  // a key without an address is a contradiction, and settings say so
  const keyed = host && !env["GPU_HOST_KEY"] && !env["GPU_HOST_KEY_FILE"] && exists(key);
  return keyed ? { ...added, GPU_HOST_KEY_FILE: key } : added;
}
