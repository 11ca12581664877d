/** Every setting by its name: what it may be, said in the words that a person reads where it is not. */
import { isAbsolute } from "node:path";
import { z } from "zod";
import { defaultLimits } from "../core/limits.ts";
import { tracingSettings } from "./tracing.ts";

export const logLevels = ["silent", "error", "warn", "info", "debug", "trace"] as const;

/** No more than `platform/media` opens: a result it refuses would be found out only after the work. */
const mostPixels = 100_000_000;

function url(protocols: string[], example: string) {
  return z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    error: `must be an address such as ${example}`,
  });
}

/** No path, search, fragment or name of a user. */
const isBare = ({ href, origin }: URL): boolean => href === `${origin}/`;

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

/** A port; absent = nothing listens. */
const port = z
  .string()
  .refine((text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535, {
    error: "must be a whole number from 0 to 65535 (0 takes any free port); without it nothing listens",
  })
  .transform(Number)
  .optional();

const listenHost = z
  .string()
  .regex(/^[\w.:-]+$/, "must be an address to listen on, such as 127.0.0.1 or 0.0.0.0")
  .default("127.0.0.1");

const folder = z.string().refine(isAbsolute, { error: "must be an absolute path, such as /home/you/myspinbot" });

const list = (entry: RegExp, error: string) =>
  z
    .string()
    .transform((text) => text.split(",").flatMap((part) => part.trim() || []))
    .refine((parts) => parts.every((part) => entry.test(part)), { error });

/** `cpu`, `gpu`, or a model of the chat server. */
const whileBusy = z
  .string()
  .regex(/^(cpu|gpu|model:[\w./:@-]{1,200})$/, "must be cpu, gpu or model:NAME, such as model:qwen3:1.7b; without it: cpu")
  .transform((text): "cpu" | "gpu" | { model: string } =>
    text === "cpu" || text === "gpu" ? text : { model: text.slice("model:".length) },
  )
  .default("cpu");

/** Every setting there is; `.env.example` lists the same names, and those of `secret-files.ts`. */
export const settings = z.object({
  MYSPINBOT_DATA: folder.optional(),
  MYSPINBOT_HOST: listenHost,
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
  MYSPINBOT_PUBLIC_URL: url(["http:", "https:"], "https://studio.example.org")
    .refine((text) => !URL.canParse(text) || isBare(new URL(text)), {
      error: "must be scheme, host and port alone, such as https://studio.example.org; the studio is served at the root of its host",
    })
    .transform((text) => new URL(text).origin)
    .optional(),
  MYSPINBOT_FILES: folder.optional(),
  DATABASE_URL: url(["postgres:", "postgresql:"], "postgresql://user:password@127.0.0.1:5432/myspinbot").optional(),
  REDIS_URL: url(["redis:", "rediss:"], "redis://127.0.0.1:6379").optional(),
  MYSPINBOT_REDIS_UNSAFE: oneOf(["no", "yes"], "no"),
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
  GPU_HOST_URL: url(["http:", "https:"], "http://127.0.0.1:7080")
    .refine((text) => !URL.canParse(text) || (new URL(text).username === "" && new URL(text).search === "" && new URL(text).hash === ""), {
      error: "must be an address alone, such as http://127.0.0.1:7080; the key goes into GPU_HOST_KEY",
    })
    .optional(),
  GPU_HOST_KEY: z
    .string()
    .min(16, "must have at least 16 characters, the same as gpu-host was started with; `openssl rand -hex 24` makes a good one")
    .max(500, "must have at most 500 characters")
    .regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces, the same as gpu-host was started with")
    .optional(),
  MYSPINBOT_LORA_FOLDER: folder.optional(),
  A1111_URL: url(["http:", "https:"], "http://127.0.0.1:7860").optional(),
  A1111_AUTH: z
    .string()
    .regex(/^[^:,\s]{1,200}:[^:,\s]{1,200}$/, "must be user:password, as in its --api-auth")
    .optional(),
  GPT_SOVITS_URL: url(["http:", "https:"], "http://127.0.0.1:9880").optional(),
  GPT_SOVITS_FOLDER: folder.optional(),
  GPT_SOVITS_FOLDER_THERE: z.string().max(500).optional(),
  GPT_SOVITS_EXIT: oneOf(["no", "yes"], "no"),
  MYSPINBOT_SHERPA_MODELS: folder.optional(),
  MYSPINBOT_FFMPEG: folder.optional(),
  MYSPINBOT_TRANSCRIBE_URL: url(["http:", "https:"], "http://127.0.0.1:8001").optional(),
  MYSPINBOT_TRANSCRIBE_MODEL: z.string().max(200).optional(),
  MYSPINBOT_TRANSCRIBE_KEY: z.string().max(500).optional(),
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
  MYSPINBOT_CHAT_WHILE_BUSY: whileBusy,
  MYSPINBOT_CHAT_ON_CARD: oneOf(["yes", "no"], "yes"),
  MYSPINBOT_MAX_SIDE: number(64, 16_384, "pixels", defaultLimits.maxSide),
  MYSPINBOT_MAX_PIXELS: number(4096, mostPixels, "pixels", defaultLimits.maxPixels),
  MYSPINBOT_MAX_UPSCALED_PIXELS: number(4096, mostPixels, "pixels", defaultLimits.maxUpscaledPixels),
  MYSPINBOT_MAX_PROMPT: number(1, 100_000, "characters", defaultLimits.maxPrompt),
  MYSPINBOT_MAX_UPLOAD: number(1, 10_000_000_000, "bytes", defaultLimits.maxUpload),
  MYSPINBOT_MAX_WAITING: number(1, 100_000, "jobs", defaultLimits.maxWaiting),
  MYSPINBOT_ASK_ABOVE_MINUTES: number(0, 10_080, "minutes of the card; 0 = never asks", defaultLimits.askAboveMinutes, false),
  MYSPINBOT_IDLE_MINUTES: number(0, 525_600, "minutes; 0 = never ends by itself", 10, false),
  MYSPINBOT_LOG: oneOf(logLevels, "info"),
  MYSPINBOT_METRICS_HOST: listenHost,
  MYSPINBOT_METRICS_PORT: port,
  ...tracingSettings,
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
