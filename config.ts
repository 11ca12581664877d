/** Environment → one validated object; every problem in one message, each with its fix. */
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { z } from "zod";
import { Failure } from "./core/failure.ts";
import { defaultLimits, type Limits } from "./core/limits.ts";
import { byNearness } from "./core/nearest.ts";

export const logLevels = ["silent", "error", "warn", "info", "debug", "trace"] as const;

export interface Config {
  /** Absolute path of the data folder. */
  data: string;
  host: string;
  /** 0 = any free one. */
  port: number;
  /** Access key of the local principal, for everything. */
  key?: string;
  /** True where only this machine can connect. */
  loopback: boolean;
  oidc?: { issuer: string; audience: string; jwksUrl?: string };
  /** What Open WebUI signs the person behind a request with. */
  openWebUiUserSecret?: string;
  /** Further names by which browsers may reach us (Host and Origin headers), lower case. */
  allowedHosts: string[];
  databaseUrl?: string;
  redisUrl?: string;
  s3?: { endpoint: string; bucket: string; accessKey: string; secretKey: string; region: string };
  /** A folder for results that every role sees, where it is not the data folder's own. */
  files?: string;
  roles: { http: boolean; worker: boolean };
  /** `configured`: the person named it, so that it is waited for and never replaced by a preview. */
  comfyui: { url: string; configured: boolean };
  ollama: { url: string; configured: boolean; model?: string };
  openai?: { baseUrl: string; model: string; apiKey?: string };
  vramGb: number;
  preview: boolean;
  schedule: "warm" | "fifo";
  limits: Limits;
  /** How long a server that a client started lives without an open job; 0 = for ever. */
  idleMinutes: number;
  logLevel: (typeof logLevels)[number];
  /** How long a job waits for an engine that does not answer. */
  engineWaitMinutes: number;
  /** Model file → family, where the name alone misleads. */
  modelFamilies: Record<string, string>;
}

/** No more than `platform/media` opens: a result it refuses would be found out only after the work. */
const mostPixels = 100_000_000;

const loopback = new Set(["127.0.0.1", "localhost", "::1"]);

function url(protocols: string[], example: string) {
  return z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    error: `must be an address such as ${example}`,
  });
}

function number(least: number, most: number, unit: string, fallback: number, whole = true) {
  const error = `must be ${whole ? "a whole number" : "a number"} from ${least} to ${most} (${unit}); without it: ${fallback}`;
  return z
    .string()
    .refine(
      (text) => /^\d+(\.\d+)?$/.test(text) && Number(text) >= least && Number(text) <= most && (!whole || Number.isInteger(Number(text))),
      {
        error,
      },
    )
    .transform(Number)
    .default(fallback);
}

function oneOf<const T extends string>(words: readonly T[], fallback: T) {
  return z.enum(words, { error: `must be one of: ${words.join(", ")}` }).default(fallback);
}

const folder = z.string().refine(isAbsolute, { error: "must be an absolute path, such as /home/you/myspinbot" });

const list = (entry: RegExp, error: string) =>
  z
    .string()
    .transform((text) => text.split(",").flatMap((part) => part.trim() || []))
    .refine((parts) => parts.every((part) => entry.test(part)), { error });

/** Every setting there is; `.env.example` lists the same names. */
const settings = z.object({
  MYSPINBOT_DATA: folder.optional(),
  MYSPINBOT_HOST: z
    .string()
    .regex(/^[\w.:-]+$/, "must be an address to listen on, such as 127.0.0.1 or 0.0.0.0")
    .default("127.0.0.1"),
  MYSPINBOT_PORT: number(0, 65_535, "0 takes any free port", 4417),
  MYSPINBOT_KEY: z
    .string()
    .min(16, "must have at least 16 characters; `openssl rand -hex 24` makes a good one")
    .max(500, "must have at most 500 characters")
    .regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces; `openssl rand -hex 24` makes a good one")
    .optional(),
  OIDC_ISSUER: url(["http:", "https:"], "https://login.example.org/realms/home").optional(),
  OIDC_AUDIENCE: z.string().max(500, "must have at most 500 characters").optional(),
  OIDC_JWKS_URL: url(["http:", "https:"], "https://login.example.org/realms/home/certs").optional(),
  OPENWEBUI_USER_SECRET: z
    .string()
    .min(32, "must have at least 32 characters, the same as Open WebUI signs with; `openssl rand -hex 32` makes a good one")
    .max(500, "must have at most 500 characters")
    .optional(),
  MYSPINBOT_ALLOWED_HOSTS: list(
    /^[\w.-]+(:\d+)?$|^\[[\da-f:]+\](:\d+)?$/i,
    "must be host names separated by commas, such as studio.lan,192.168.1.5",
  )
    .transform((hosts) => hosts.map((host) => host.toLowerCase()))
    .optional(),
  MYSPINBOT_FILES: folder.optional(),
  DATABASE_URL: url(["postgres:", "postgresql:"], "postgresql://user:password@127.0.0.1:5432/myspinbot").optional(),
  REDIS_URL: url(["redis:", "rediss:"], "redis://127.0.0.1:6379").optional(),
  S3_ENDPOINT: url(["http:", "https:"], "http://127.0.0.1:9000").optional(),
  S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "must be 3 to 63 lower-case letters, digits, dots or hyphens")
    .optional(),
  S3_ACCESS_KEY: z.string().optional(),
  S3_SECRET_KEY: z.string().optional(),
  S3_REGION: z.string().default("us-east-1"),
  ROLES: list(/^(http|worker)$/, "must be http, worker or both: http,worker").optional(),
  COMFYUI_URL: url(["http:", "https:"], "http://127.0.0.1:8188").optional(),
  OLLAMA_URL: z
    .string()
    .refine((text) => ollamaAddress(text) !== undefined, { error: "must be an address such as http://127.0.0.1:11434" })
    .optional(),
  OLLAMA_HOST: z
    .string()
    .refine((text) => ollamaAddress(text) !== undefined, { error: "must be an address such as 127.0.0.1:11434" })
    .optional(),
  OLLAMA_MODEL: z.string().optional(),
  OPENAI_BASE_URL: url(["http:", "https:"], "http://127.0.0.1:8000/v1").optional(),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_MODEL: z.string().optional(),
  MYSPINBOT_VRAM_GB: number(1, 1024, "GB of the card", 16, false),
  MYSPINBOT_PREVIEW: oneOf(["0", "1"], "0"),
  MYSPINBOT_SCHEDULE: oneOf(["warm", "fifo"], "warm"),
  MYSPINBOT_MAX_SIDE: number(64, 16_384, "pixels", defaultLimits.maxSide),
  MYSPINBOT_MAX_PIXELS: number(4096, mostPixels, "pixels", defaultLimits.maxPixels),
  MYSPINBOT_MAX_UPSCALED_PIXELS: number(4096, mostPixels, "pixels", defaultLimits.maxUpscaledPixels),
  MYSPINBOT_MAX_PROMPT: number(1, 100_000, "characters", defaultLimits.maxPrompt),
  MYSPINBOT_MAX_UPLOAD: number(1, 10_000_000_000, "bytes", defaultLimits.maxUpload),
  MYSPINBOT_MAX_WAITING: number(1, 100_000, "jobs", defaultLimits.maxWaiting),
  MYSPINBOT_IDLE_MINUTES: number(0, 525_600, "minutes; 0 = never ends by itself", 10, false),
  MYSPINBOT_LOG: oneOf(logLevels, "info"),
  MYSPINBOT_ENGINE_WAIT_MINUTES: number(0, 10_080, "minutes", 10, false),
  MYSPINBOT_MODEL_FAMILIES: list(
    /^.+=(sd15|sdxl)$/,
    "must be pairs of model file and family (sd15 or sdxl), such as mine.safetensors=sdxl,other.ckpt=sd15",
  ).optional(),
});

export const settingNames: readonly string[] = Object.keys(settings.shape);

/** Ollama's own forms: `host`, `host:port`, `:port` or a URL; a server's "any address" is reached at loopback. */
export function ollamaAddress(text: string): string | undefined {
  const scheme = /^https?:\/\//i.test(text.trim());
  const bare = scheme ? text.trim() : text.trim().replace(/\/+$/, "");
  const candidate = scheme ? bare : `http://${bare.startsWith(":") ? `127.0.0.1${bare}` : bare}`;
  if ((!scheme && bare.includes("://")) || !URL.canParse(candidate)) return undefined;
  const address = new URL(candidate);
  if (address.hostname === "0.0.0.0" || address.hostname === "[::]") address.hostname = "127.0.0.1";
  if (!scheme && !/:\d+$/.test(candidate)) address.port = "11434";
  return address.href.replace(/\/+$/, "");
}

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
  if (has("OPENAI_BASE_URL") && !has("OPENAI_MODEL"))
    problems.push("OPENAI_MODEL: missing; name the model that the server at OPENAI_BASE_URL shall use");
  return problems;
}

function typos(env: NodeJS.ProcessEnv): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith("MYSPINBOT_") && !settingNames.includes(name))
    .map((name) => `${name}: there is no such setting; probably ${byNearness(name, settingNames)[0]} is meant`);
}

/** Failure `config` that names every problem at once. An empty value counts as not set. Values are never repeated in it: some are secrets. */
export function readConfig(env: NodeJS.ProcessEnv, uid: number | undefined = process.getuid?.()): Config {
  const given: Record<string, string> = {};
  for (const name of settingNames) if (env[name]?.trim()) given[name] = (env[name] as string).trim();
  const parsed = settings.safeParse(given);
  const problems = [
    ...(parsed.error?.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) ?? []),
    ...contradictions(given),
    ...typos(env),
  ];
  if (!parsed.success || problems.length > 0)
    throw new Failure(
      "config",
      `The settings do not fit:\n${problems.map((problem) => `  - ${problem}`).join("\n")}\nAll settings: .env.example`,
    );
  return toConfig(parsed.data, env, uid);
}

function toConfig(set: z.output<typeof settings>, env: NodeJS.ProcessEnv, uid: number | undefined): Config {
  const ollama = set.OLLAMA_URL ?? set.OLLAMA_HOST;
  return {
    data: set.MYSPINBOT_DATA ?? defaultData(env, uid),
    host: set.MYSPINBOT_HOST,
    port: set.MYSPINBOT_PORT,
    ...(set.MYSPINBOT_KEY ? { key: set.MYSPINBOT_KEY } : {}),
    loopback: loopback.has(set.MYSPINBOT_HOST),
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
    allowedHosts: set.MYSPINBOT_ALLOWED_HOSTS ?? [],
    ...(set.DATABASE_URL ? { databaseUrl: set.DATABASE_URL } : {}),
    ...(set.REDIS_URL ? { redisUrl: set.REDIS_URL } : {}),
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
    roles: { http: set.ROLES?.includes("http") ?? true, worker: set.ROLES?.includes("worker") ?? true },
    comfyui: { url: (set.COMFYUI_URL ?? "http://127.0.0.1:8188").replace(/\/+$/, ""), configured: set.COMFYUI_URL !== undefined },
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
    },
    idleMinutes: set.MYSPINBOT_IDLE_MINUTES,
    logLevel: set.MYSPINBOT_LOG,
    engineWaitMinutes: set.MYSPINBOT_ENGINE_WAIT_MINUTES,
    modelFamilies: Object.fromEntries(
      (set.MYSPINBOT_MODEL_FAMILIES ?? []).map((pair) => {
        const cut = pair.lastIndexOf("=");
        return [pair.slice(0, cut), pair.slice(cut + 1)];
      }),
    ),
  };
}
