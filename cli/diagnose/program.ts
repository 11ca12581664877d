/** The programs that we are pointed at, how each is told from another one, and what a person does about each. */
import { field } from "./look.ts";

export interface Program {
  name: string;
  /** Where its address was written: a setting or an option. */
  setting: string;
  /** A path that it answers without any effect, and what is then found in the answer. */
  path: string;
  is(body: unknown): boolean;
  /** How it is started. */
  start: string;
  /** How it is made to listen for others than its own machine. */
  open: string;
  /** What helps where it answers 401, and 403. */
  login: string;
  forbidden: string;
}

export const comfyui: Program = {
  name: "ComfyUI",
  setting: "COMFYUI_URL",
  path: "/system_stats",
  is: (body) => Array.isArray(field(body, "devices")) && field(body, "system") !== undefined,
  start: "Start it, in ComfyUI's folder: python main.py --disable-auto-launch",
  open: "start it with --listen 0.0.0.0",
  login: "Write its login into the address: COMFYUI_URL=http://user:password@host:port",
  forbidden:
    "ComfyUI does so where Host and Origin differ, a proxy before it for its own reasons. Set COMFYUI_URL to the address that ComfyUI itself listens on",
};

export const gpuHost: Program = {
  name: "gpu-host",
  setting: "GPU_HOST_URL",
  path: "/healthz",
  // a studio says its name there
  is: (body) => field(body, "ok") === true && field(body, "version") !== undefined && field(body, "name") === undefined,
  start: "Start it on the machine with the card, as workers/gpu-host/README.md says",
  open: 'start it with host = "0.0.0.0" in gpu-host.toml and with GPU_HOST_KEY, and set the same key here',
  login: "A proxy with a password stands before it. Set GPU_HOST_URL to the address that gpu-host itself listens on",
  forbidden: "Set GPU_HOST_URL to the address that gpu-host itself listens on",
};

export const ollama: Program = {
  name: "Ollama",
  setting: "OLLAMA_URL",
  path: "/api/tags",
  is: (body) => Array.isArray(field(body, "models")) || field(body, "models") === null,
  start: "Start it: ollama serve",
  open: "start it with OLLAMA_HOST=0.0.0.0",
  login: "A proxy with a password stands before it. Set OLLAMA_URL to the address that Ollama itself listens on",
  forbidden:
    "Ollama does so where it listens on its own machine only and is asked under another host name. Start it with OLLAMA_HOST=0.0.0.0 (OLLAMA_ORIGINS is about web pages, and does not help here)",
};

export const openai: Program = {
  name: "a chat server that speaks OpenAI's API",
  setting: "OPENAI_BASE_URL",
  path: "/models",
  is: (body) => Array.isArray(field(body, "data")),
  start: "Start it, or correct OPENAI_BASE_URL",
  open: "make it listen on 0.0.0.0",
  login: "Set OPENAI_API_KEY to a key that it accepts",
  forbidden: "Set OPENAI_API_KEY to a key that it accepts",
};

/** @param setting the option or valve that holds its address. */
export const myspinbot = (setting: string): Program => ({
  name: "MySpinBot",
  setting,
  path: "/healthz",
  is: (body) => field(body, "name") === "myspinbot",
  start: "Start it: myspinbot start --lan",
  open: "start it with `myspinbot start --lan`",
  login: `A proxy with a password stands before it. Set ${setting} to the address that MySpinBot itself prints`,
  forbidden: `Set ${setting} to the address that MySpinBot itself prints`,
});
