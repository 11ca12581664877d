/** Environment → one validated object; every problem in one message, each with its fix. */
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { z } from "zod";
import { fileOf, readSecretFiles, secretFileNames } from "./config/secret-files.ts";
import { type logLevels, ollamaAddress, settingNames, settings } from "./config/settings.ts";
import { type TracingConfig, tracedBy, tracingSettings } from "./config/tracing.ts";
import { Failure } from "./core/failure.ts";
import type { Limits } from "./core/limits.ts";
import { byNearness } from "./core/nearest.ts";

export interface Config {
  /** Absolute path of the data folder. */
  data: string;
  host: string;
  /** 0 = any free one. */
  port: number;
  /** Access key of the local principal, for everything. */
  key?: string;
  /** True where only this machine can reach us, by a proxy neither. */
  loopback: boolean;
  oidc?: { issuer: string; audience: string; jwksUrl?: string };
  /** What Open WebUI signs the person behind a request with. */
  openWebUiUserSecret?: string;
  /** Where people's browsers reach us, such as `https://studio.example.org`. */
  publicUrl?: string;
  /** Further names by which browsers may reach us (Host and Origin headers), lower case; that of `publicUrl` is among them. */
  allowedHosts: string[];
  databaseUrl?: string;
  redisUrl?: string;
  /** Starts in spite of a Redis that may throw away what waits in it. */
  redisUnsafe: boolean;
  s3?: { endpoint: string; bucket: string; accessKey: string; secretKey: string; region: string };
  /** A folder for results that every role sees, where it is not the data folder's own. */
  files?: string;
  roles: { http: boolean; worker: boolean };
  /** `configured`: the person named it, so that it is waited for and never replaced by a preview. */
  comfyui: { url: string; configured: boolean };
  /** The trainer beside the card. `configured` as for ComfyUI. */
  gpuHost: { url: string; configured: boolean; key?: string };
  /** The folder that ComfyUI reads LoRAs from, as this process sees it. */
  loraFolder?: string;
  /** A1111 or Forge, where it is named: it stands behind ComfyUI. */
  a1111: { url: string; configured: boolean; user?: string; password?: string };
  /** `mayExit`: it may be ended to free the card. `folderThere`: the folder as it sees it. */
  gptSovits: { url: string; configured: boolean; folder?: string; folderThere?: string; mayExit: boolean };
  /** Where model files for speech without a GPU lie. */
  sherpaModels?: string;
  /** The program to use; the one on the PATH, or a package's, where it is absent. */
  ffmpeg?: string;
  /** A server with OpenAI's API for writing down speech. */
  transcribe?: { url: string; model?: string; key?: string };
  ollama: { url: string; configured: boolean; model?: string };
  /** What the chat model does while a job has the card: answers on the processor, on the card all the same, or another model answers. */
  chatWhileBusy: "cpu" | "gpu" | { model: string };
  /** Whether the chat model lies on the card that this process works on. */
  chatOnCard: boolean;
  openai?: { baseUrl: string; model: string; apiKey?: string };
  vramGb: number;
  preview: boolean;
  schedule: "warm" | "fifo";
  limits: Limits;
  /** How long a server that a client started lives without an open job; 0 = for ever. */
  idleMinutes: number;
  logLevel: (typeof logLevels)[number];
  /** A listener of its own for `/metrics`, `/livez` and `/readyz`, without a key; absent = none. Port 0 = any free one. */
  metrics?: { host: string; port: number };
  /** Where traces go; absent = none are made. */
  tracing?: TracingConfig;
  /** How long a job waits for an engine that does not answer. */
  engineWaitMinutes: number;
  /** Model file → family, where the name alone misleads. */
  modelFamilies: Record<string, string>;
}

const loopback = new Set(["127.0.0.1", "localhost", "::1", "[::1]"]);

/** Whether only this machine can connect to it. */
export const isLoopbackHost = (host: string): boolean => loopback.has(host);

function defaultData(env: NodeJS.ProcessEnv, uid: number | undefined): string {
  if (uid === 0) return "/var/lib/myspinbot";
  const xdg = env["XDG_DATA_HOME"];
  return xdg && isAbsolute(xdg) ? join(xdg, "myspinbot") : join(env["HOME"] || homedir(), ".local", "share", "myspinbot");
}

/** What no field alone can tell. Looks at presence only, so that it is reported together with bad values. */
function contradictions(given: Record<string, string>): string[] {
  const problems: string[] = [];
  const has = (name: string) => given[name] !== undefined;
  if (has("OIDC_ISSUER") !== has("OIDC_AUDIENCE"))
    problems.push(
      `${has("OIDC_ISSUER") ? "OIDC_AUDIENCE" : "OIDC_ISSUER"}: missing; a token must say who made it and that it is meant for this studio, so both are needed together`,
    );
  if (has("OIDC_JWKS_URL") && !has("OIDC_ISSUER")) problems.push("OIDC_ISSUER: missing; OIDC_JWKS_URL alone says nothing of who is let in");
  const s3 = ["S3_ENDPOINT", "S3_BUCKET", "S3_ACCESS_KEY", "S3_SECRET_KEY"];
  const missing = s3.filter((name) => !has(name));
  if (missing.length > 0 && missing.length < s3.length) problems.push(`${missing.join(", ")}: missing; S3 needs ${s3.join(", ")} together`);
  const roles = new Set(given["ROLES"]?.split(",").map((role) => role.trim()));
  if (has("ROLES") && !(roles.has("http") && roles.has("worker"))) {
    if (!has("DATABASE_URL"))
      problems.push(
        "ROLES: roles in separate processes share one database; set DATABASE_URL, or do both in one by `myspinbot start` without ROLES",
      );
    if (!has("S3_ENDPOINT") && !has("MYSPINBOT_FILES"))
      problems.push(
        "ROLES: roles in separate processes share their files; set S3_ENDPOINT and its companions, or MYSPINBOT_FILES to a folder that all of them see",
      );
  }
  if (has("GPU_HOST_KEY") && !has("GPU_HOST_URL"))
    problems.push("GPU_HOST_URL: missing; GPU_HOST_KEY is sent to no other address than the one that is named");
  if (has("A1111_AUTH") && !has("A1111_URL"))
    problems.push("A1111_URL: missing; A1111_AUTH is sent to no other address than the one that is named");
  if (has("MYSPINBOT_TRANSCRIBE_KEY") && !has("MYSPINBOT_TRANSCRIBE_URL"))
    problems.push("MYSPINBOT_TRANSCRIBE_URL: missing; MYSPINBOT_TRANSCRIBE_KEY is sent to no other address than the one that is named");
  if (has("GPT_SOVITS_FOLDER_THERE") && !has("GPT_SOVITS_FOLDER"))
    problems.push("GPT_SOVITS_FOLDER: missing; GPT_SOVITS_FOLDER_THERE is the same folder as GPT-SoVITS sees it");
  if (has("OPENAI_BASE_URL") && !has("OPENAI_MODEL"))
    problems.push("OPENAI_MODEL: missing; name the model that the server at OPENAI_BASE_URL shall use");
  return problems;
}

function typos(env: NodeJS.ProcessEnv): string[] {
  const known = [...settingNames, ...secretFileNames];
  return Object.keys(env).flatMap((name) => {
    const base = name.replace(/_FILE$/, "");
    if (known.includes(name)) return [];
    if (base !== name && settingNames.includes(base) && env[name]?.trim())
      return [`${name}: only what may hold a secret is read from a file; write the value into ${base}`];
    return name.startsWith("MYSPINBOT_") ? [`${name}: there is no such setting; probably ${byNearness(name, known)[0]} is meant`] : [];
  });
}

/** Failure `config` that names every problem at once. An empty value counts as not set. Secrets may lie in files, see `config/secret-files.ts`. Values are never repeated in it: some are secrets. */
export function readConfig(env: NodeJS.ProcessEnv, uid: number | undefined = process.getuid?.()): Config {
  const files = readSecretFiles(env);
  const given: Record<string, string> = { ...files.values };
  for (const name of settingNames) if (env[name]?.trim()) given[name] = (env[name] as string).trim();
  // names that other programs of this machine use too, with other values: without an address of ours they are none of our business
  if (!given["OTEL_EXPORTER_OTLP_ENDPOINT"]) for (const name of Object.keys(tracingSettings)) delete given[name];
  const parsed = settings.safeParse(given);
  const label = (name: string) => (name in files.values ? `${name} (the text of ${fileOf(name)})` : name);
  const problems = [
    ...(parsed.error?.issues.map((issue) => `${label(issue.path.join("."))}: ${issue.message}`) ?? []),
    ...files.problems,
    ...contradictions({ ...Object.fromEntries(files.unread.map((name) => [name, ""])), ...given }),
    ...typos(env),
  ];
  if (!parsed.success || problems.length > 0)
    throw new Failure(
      "config",
      `The settings do not fit:\n${problems.map((problem) => `  - ${problem}`).join("\n")}\nAll settings: .env.example`,
    );
  return toConfig(parsed.data, env, uid);
}

/**
 * As `start --lan` runs: on every address of this machine, unless MYSPINBOT_HOST says otherwise, and with a key for everybody.
 * @param names further names by which it is reached.
 */
export function openedToLan(config: Config, env: NodeJS.ProcessEnv, names: readonly string[]): Config {
  const host = env["MYSPINBOT_HOST"]?.trim() ? config.host : "0.0.0.0";
  return { ...config, host, loopback: false, allowedHosts: [...new Set([...config.allowedHosts, ...names])] };
}

/** What makes pictures and voices beside ComfyUI and gpu-host. */
function voicesOf(set: z.output<typeof settings>): Pick<Config, "a1111" | "gptSovits" | "sherpaModels" | "ffmpeg" | "transcribe"> {
  const [user, password] = set.A1111_AUTH
    ? [set.A1111_AUTH.split(":", 1)[0] ?? "", set.A1111_AUTH.slice(set.A1111_AUTH.indexOf(":") + 1)]
    : [];
  return {
    a1111: {
      url: (set.A1111_URL ?? "http://127.0.0.1:7860").replace(/\/+$/, ""),
      configured: set.A1111_URL !== undefined,
      ...(user !== undefined && password !== undefined ? { user, password } : {}),
    },
    gptSovits: {
      url: (set.GPT_SOVITS_URL ?? "http://127.0.0.1:9880").replace(/\/+$/, ""),
      configured: set.GPT_SOVITS_URL !== undefined,
      ...(set.GPT_SOVITS_FOLDER ? { folder: set.GPT_SOVITS_FOLDER } : {}),
      ...(set.GPT_SOVITS_FOLDER_THERE ? { folderThere: set.GPT_SOVITS_FOLDER_THERE } : {}),
      mayExit: set.GPT_SOVITS_EXIT === "yes",
    },
    ...(set.MYSPINBOT_SHERPA_MODELS ? { sherpaModels: set.MYSPINBOT_SHERPA_MODELS } : {}),
    ...(set.MYSPINBOT_FFMPEG ? { ffmpeg: set.MYSPINBOT_FFMPEG } : {}),
    ...(set.MYSPINBOT_TRANSCRIBE_URL
      ? {
          transcribe: {
            url: set.MYSPINBOT_TRANSCRIBE_URL.replace(/\/+$/, ""),
            ...(set.MYSPINBOT_TRANSCRIBE_MODEL ? { model: set.MYSPINBOT_TRANSCRIBE_MODEL } : {}),
            ...(set.MYSPINBOT_TRANSCRIBE_KEY ? { key: set.MYSPINBOT_TRANSCRIBE_KEY } : {}),
          },
        }
      : {}),
  };
}

const rolesOf = ({ ROLES }: z.output<typeof settings>): Config["roles"] => ({
  http: ROLES?.includes("http") ?? true,
  worker: ROLES?.includes("worker") ?? true,
});

const watchedBy = (set: z.output<typeof settings>): Pick<Config, "metrics"> =>
  set.MYSPINBOT_METRICS_PORT === undefined ? {} : { metrics: { host: set.MYSPINBOT_METRICS_HOST, port: set.MYSPINBOT_METRICS_PORT } };

function toConfig(set: z.output<typeof settings>, env: NodeJS.ProcessEnv, uid: number | undefined): Config {
  const ollama = set.OLLAMA_URL ?? set.OLLAMA_HOST;
  const reached = set.MYSPINBOT_PUBLIC_URL === undefined ? undefined : new URL(set.MYSPINBOT_PUBLIC_URL);
  return {
    data: set.MYSPINBOT_DATA ?? defaultData(env, uid),
    host: set.MYSPINBOT_HOST,
    port: set.MYSPINBOT_PORT,
    ...(set.MYSPINBOT_KEY ? { key: set.MYSPINBOT_KEY } : {}),
    loopback: isLoopbackHost(set.MYSPINBOT_HOST) && (reached === undefined || isLoopbackHost(reached.hostname)),
    ...(set.OIDC_ISSUER && set.OIDC_AUDIENCE
      ? {
          oidc: {
            issuer: set.OIDC_ISSUER,
            audience: set.OIDC_AUDIENCE,
            ...(set.OIDC_JWKS_URL ? { jwksUrl: set.OIDC_JWKS_URL } : {}),
          },
        }
      : {}),
    ...(set.OPENWEBUI_USER_SECRET ? { openWebUiUserSecret: set.OPENWEBUI_USER_SECRET } : {}),
    ...(reached ? { publicUrl: reached.origin } : {}),
    allowedHosts: [...(set.MYSPINBOT_ALLOWED_HOSTS ?? []), ...(reached ? [reached.host] : [])],
    ...(set.DATABASE_URL ? { databaseUrl: set.DATABASE_URL } : {}),
    ...(set.REDIS_URL ? { redisUrl: set.REDIS_URL } : {}),
    redisUnsafe: set.MYSPINBOT_REDIS_UNSAFE === "yes",
    ...(set.S3_ENDPOINT && set.S3_BUCKET && set.S3_ACCESS_KEY && set.S3_SECRET_KEY
      ? {
          s3: {
            endpoint: set.S3_ENDPOINT,
            bucket: set.S3_BUCKET,
            accessKey: set.S3_ACCESS_KEY,
            secretKey: set.S3_SECRET_KEY,
            region: set.S3_REGION,
          },
        }
      : {}),
    ...(set.MYSPINBOT_FILES ? { files: set.MYSPINBOT_FILES } : {}),
    roles: rolesOf(set),
    comfyui: { url: (set.COMFYUI_URL ?? "http://127.0.0.1:8188").replace(/\/+$/, ""), configured: set.COMFYUI_URL !== undefined },
    gpuHost: {
      url: (set.GPU_HOST_URL ?? "http://127.0.0.1:7080").replace(/\/+$/, ""),
      configured: set.GPU_HOST_URL !== undefined,
      ...(set.GPU_HOST_KEY ? { key: set.GPU_HOST_KEY } : {}),
    },
    ...(set.MYSPINBOT_LORA_FOLDER ? { loraFolder: set.MYSPINBOT_LORA_FOLDER } : {}),
    ...voicesOf(set),
    chatWhileBusy: set.MYSPINBOT_CHAT_WHILE_BUSY,
    chatOnCard: set.MYSPINBOT_CHAT_ON_CARD === "yes",
    ollama: {
      url: ollamaAddress(ollama ?? "127.0.0.1") as string,
      configured: ollama !== undefined || set.OLLAMA_MODEL !== undefined,
      ...(set.OLLAMA_MODEL ? { model: set.OLLAMA_MODEL } : {}),
    },
    ...(set.OPENAI_BASE_URL && set.OPENAI_MODEL
      ? {
          openai: {
            baseUrl: set.OPENAI_BASE_URL.replace(/\/+$/, ""),
            model: set.OPENAI_MODEL,
            ...(set.OPENAI_API_KEY ? { apiKey: set.OPENAI_API_KEY } : {}),
          },
        }
      : {}),
    vramGb: set.MYSPINBOT_VRAM_GB,
    preview: set.MYSPINBOT_PREVIEW === "1",
    schedule: set.MYSPINBOT_SCHEDULE,
    limits: {
      maxSide: set.MYSPINBOT_MAX_SIDE,
      maxPixels: set.MYSPINBOT_MAX_PIXELS,
      maxUpscaledPixels: set.MYSPINBOT_MAX_UPSCALED_PIXELS,
      maxPrompt: set.MYSPINBOT_MAX_PROMPT,
      maxUpload: set.MYSPINBOT_MAX_UPLOAD,
      maxWaiting: set.MYSPINBOT_MAX_WAITING,
      askAboveMinutes: set.MYSPINBOT_ASK_ABOVE_MINUTES,
    },
    idleMinutes: set.MYSPINBOT_IDLE_MINUTES,
    logLevel: set.MYSPINBOT_LOG,
    ...watchedBy(set),
    ...tracedBy(set),
    engineWaitMinutes: set.MYSPINBOT_ENGINE_WAIT_MINUTES,
    modelFamilies: Object.fromEntries(
      (set.MYSPINBOT_MODEL_FAMILIES ?? []).map((pair) => {
        const cut = pair.lastIndexOf("=");
        return [pair.slice(0, cut), pair.slice(cut + 1)];
      }),
    ),
  };
}
