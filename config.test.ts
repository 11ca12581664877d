/** Settings: defaults, every form they may have, and one message for all that is wrong. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { secretFileNames } from "./config/secret-files.ts";
import { ollamaAddress, settingNames } from "./config/settings.ts";
import { readConfig } from "./config.ts";
import { Failure } from "./core/failure.ts";
import { defaultLimits } from "./core/limits.ts";
import { maxPixels } from "./platform/media/decoder.ts";

const home = { HOME: "/home/june" };

function problemsOf(env: NodeJS.ProcessEnv): string {
  try {
    readConfig({ ...home, ...env }, 1000);
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
    expect((error as Failure).code).toBe("config");
    return (error as Failure).message;
  }
  throw new Error("these settings were accepted");
}

describe("defaults", () => {
  it("needs no setting at all and then listens on loopback only", () => {
    const config = readConfig(home, 1000);
    expect(config).toMatchObject({
      data: "/home/june/.local/share/myspinbot",
      host: "127.0.0.1",
      port: 4417,
      roles: { http: true, worker: true },
      comfyui: { url: "http://127.0.0.1:8188", configured: false },
      ollama: { url: "http://127.0.0.1:11434", configured: false },
      gpuHost: { url: "http://127.0.0.1:7080", configured: false },
      chatWhileBusy: "cpu",
      limits: defaultLimits,
      preview: false,
    });
    for (const absent of [
      "key",
      "oidc",
      "openWebUiUserSecret",
      "databaseUrl",
      "redisUrl",
      "s3",
      "openai",
      "files",
      "loraFolder",
      "metrics",
    ])
      expect(config).not.toHaveProperty(absent);
  });

  it("chooses the data folder by person, XDG folder and root", () => {
    expect(readConfig({ ...home, XDG_DATA_HOME: "/data" }, 1000).data).toBe("/data/myspinbot");
    expect(readConfig({ ...home, XDG_DATA_HOME: "relative" }, 1000).data).toBe("/home/june/.local/share/myspinbot");
    expect(readConfig({ ...home, XDG_DATA_HOME: "/data" }, 0).data).toBe("/var/lib/myspinbot");
    expect(readConfig({ ...home, MYSPINBOT_DATA: "/srv/spin" }, 0).data).toBe("/srv/spin");
  });

  it("takes an empty value as not set, as compose files leave them", () => {
    const config = readConfig({ ...home, MYSPINBOT_PORT: "", REDIS_URL: " ", MYSPINBOT_KEY: "", COMFYUI_URL: "" }, 1000);
    expect(config.port).toBe(4417);
    expect(config).not.toHaveProperty("redisUrl");
    expect(config.comfyui.configured).toBe(false);
  });
});

describe("values", () => {
  it("reads everything", () => {
    const config = readConfig(
      {
        ...home,
        MYSPINBOT_HOST: "0.0.0.0",
        MYSPINBOT_PORT: "0",
        MYSPINBOT_KEY: "k".repeat(16),
        MYSPINBOT_ALLOWED_HOSTS: "Studio.lan, [::1]:4417 ,192.168.1.5",
        DATABASE_URL: "postgresql://u:p@db/spin",
        REDIS_URL: "rediss://cache",
        S3_ENDPOINT: "http://minio:9000",
        S3_BUCKET: "spin",
        S3_ACCESS_KEY: "a",
        S3_SECRET_KEY: "b",
        ROLES: "worker",
        COMFYUI_URL: "http://gpu:8188/",
        GPU_HOST_URL: "http://gpu:7080/",
        GPU_HOST_KEY: "g".repeat(16),
        MYSPINBOT_LORA_FOLDER: "/comfy/models/loras",
        MYSPINBOT_CHAT_WHILE_BUSY: "model:qwen3:1.7b",
        OLLAMA_HOST: ":1234",
        OLLAMA_MODEL: "qwen3:8b",
        OPENAI_BASE_URL: "http://vllm/v1/",
        OPENAI_MODEL: "m",
        MYSPINBOT_VRAM_GB: "11.5",
        MYSPINBOT_PREVIEW: "1",
        MYSPINBOT_SCHEDULE: "fifo",
        MYSPINBOT_MAX_SIDE: "4096",
        MYSPINBOT_IDLE_MINUTES: "0",
        MYSPINBOT_MODEL_FAMILIES: "a=b.safetensors=sdxl, c.ckpt=sd15",
      },
      1000,
    );
    expect(config).toMatchObject({
      port: 0,
      allowedHosts: ["studio.lan", "[::1]:4417", "192.168.1.5"],
      s3: { endpoint: "http://minio:9000", region: "us-east-1" },
      roles: { http: false, worker: true },
      comfyui: { url: "http://gpu:8188", configured: true },
      gpuHost: { url: "http://gpu:7080", configured: true, key: "g".repeat(16) },
      loraFolder: "/comfy/models/loras",
      chatWhileBusy: { model: "qwen3:1.7b" },
      ollama: { url: "http://127.0.0.1:1234", configured: true, model: "qwen3:8b" },
      openai: { baseUrl: "http://vllm/v1", model: "m" },
      vramGb: 11.5,
      preview: true,
      schedule: "fifo",
      idleMinutes: 0,
      modelFamilies: { "a=b.safetensors": "sdxl", "c.ckpt": "sd15" },
    });
    expect(config.limits).toEqual({ ...defaultLimits, maxSide: 4096 });
  });

  it("OLLAMA_URL wins over OLLAMA_HOST", () => {
    expect(readConfig({ ...home, OLLAMA_HOST: "a:1", OLLAMA_URL: "http://b:2" }, 1000).ollama.url).toBe("http://b:2");
  });

  it.each([
    ["0.0.0.0", "http://127.0.0.1:11434"],
    ["0.0.0.0:8000", "http://127.0.0.1:8000"],
    ["[::]:8000", "http://127.0.0.1:8000"],
    ["gpu.lan", "http://gpu.lan:11434"],
    ["gpu.lan:80", "http://gpu.lan"],
    [":11434", "http://127.0.0.1:11434"],
    ["http://gpu.lan:11434/", "http://gpu.lan:11434"],
    ["https://gpu.lan", "https://gpu.lan"],
    ["http://gpu.lan/ollama", "http://gpu.lan/ollama"],
  ])("understands Ollama's form %s", (given, address) => {
    expect(ollamaAddress(given)).toBe(address);
  });

  it.each(["ftp://x", "a b", "http://", "x:99999"])("knows that %s is no address of Ollama", (given) => {
    expect(ollamaAddress(given)).toBeUndefined();
  });
});

describe("what is wrong", () => {
  it("is told in one message, each with its fix", () => {
    const message = problemsOf({
      MYSPINBOT_DATA: "here",
      MYSPINBOT_PORT: "70000",
      OIDC_ISSUER: "https://login.example.org",
      OPENWEBUI_USER_SECRET: "short",
      DATABASE_URL: "mysql://x",
      REDIS_URL: "localhost",
      S3_ENDPOINT: "http://minio:9000",
      OPENAI_BASE_URL: "http://vllm/v1",
      MYSPINBOT_PREVIEW: "yes",
      MYSPINBOT_VRAM_GB: "-3",
      MYSPINBOT_MAX_SIDE: "12.5",
      MYSPINBOT_MODEL_FAMILIES: "a.safetensors=flux",
      MYSPINBOT_PROT: "1",
      MYSPINBOT_IDLE_MINUTE: "1",
    });
    const lines = message.split("\n").filter((line) => line.startsWith("  - "));
    const about = (name: string) => lines.filter((line) => line.startsWith(`  - ${name}`)).join("\n");
    expect(lines).toHaveLength(14);
    expect(about("MYSPINBOT_DATA")).toContain("absolute path");
    expect(about("MYSPINBOT_PORT")).toContain("0 to 65535");
    expect(about("OIDC_AUDIENCE")).toContain("together");
    expect(about("OPENWEBUI_USER_SECRET")).toContain("32 characters");
    expect(about("DATABASE_URL")).toContain("postgresql://");
    expect(about("REDIS_URL")).toContain("redis://127.0.0.1:6379");
    expect(about("S3_BUCKET, S3_ACCESS_KEY, S3_SECRET_KEY")).toContain("together");
    expect(about("OPENAI_MODEL")).toContain("OPENAI_BASE_URL");
    expect(about("MYSPINBOT_PREVIEW")).toContain("0, 1");
    expect(about("MYSPINBOT_VRAM_GB")).toContain("1 to 1024");
    expect(about("MYSPINBOT_MAX_SIDE")).toContain("whole number");
    expect(about("MYSPINBOT_MODEL_FAMILIES")).toContain("sd15 or sdxl");
    expect(about("MYSPINBOT_PROT")).toContain("MYSPINBOT_PORT");
    expect(about("MYSPINBOT_IDLE_MINUTE:")).toContain("MYSPINBOT_IDLE_MINUTES");
  });

  it("a split of roles wants a shared database and shared files", () => {
    const message = problemsOf({ ROLES: "worker" });
    expect(message).toContain("DATABASE_URL");
    expect(message).toContain("MYSPINBOT_FILES");
    expect(readConfig({ ...home, ROLES: "http", DATABASE_URL: "postgres://db/x", MYSPINBOT_FILES: "/mnt/x" }, 1000).roles.worker).toBe(
      false,
    );
    expect(readConfig({ ...home, ROLES: "worker,http" }, 1000).roles).toEqual({ http: true, worker: true });
    expect(problemsOf({ ROLES: "gpu" })).toContain("http,worker");
  });

  it("other machines may come without a key of the configuration: one is then made, and only loopback is served without any", () => {
    expect(readConfig({ ...home, MYSPINBOT_HOST: "0.0.0.0" }, 1000)).toMatchObject({ loopback: false });
    for (const host of ["127.0.0.1", "localhost", "::1"])
      expect(readConfig({ ...home, MYSPINBOT_HOST: host }, 1000).loopback, host).toBe(true);
  });

  it("with a public address its host is allowed, and no longer only this machine can come", () => {
    const proxied = readConfig(
      { ...home, MYSPINBOT_PUBLIC_URL: "https://Studio.Example.org/", MYSPINBOT_ALLOWED_HOSTS: "studio.lan" },
      1000,
    );
    expect(proxied).toMatchObject({
      publicUrl: "https://studio.example.org",
      allowedHosts: ["studio.lan", "studio.example.org"],
      loopback: false,
    });
    for (const [url, host] of [
      ["http://localhost:4417", "localhost:4417"],
      ["http://[::1]:4417", "[::1]:4417"],
    ] as const)
      expect(readConfig({ ...home, MYSPINBOT_PUBLIC_URL: url }, 1000)).toMatchObject({
        publicUrl: url,
        allowedHosts: [host],
        loopback: true,
      });
    expect(readConfig(home, 1000)).not.toHaveProperty("publicUrl");
  });

  it.each([
    ["studio.example.org", "must be an address such as https://studio.example.org"],
    ["ftp://studio.example.org", "must be an address such as https://studio.example.org"],
    ["https://studio.example.org/spin", "served at the root of its host"],
    ["https://studio.example.org/?a=1", "served at the root of its host"],
    ["https://studio.example.org/#a", "served at the root of its host"],
    ["https://june:hunter6@studio.example.org", "served at the root of its host"],
  ])("the public address %s is refused in words", (url, words) => {
    const message = problemsOf({ MYSPINBOT_PUBLIC_URL: url });
    expect(message).toContain("MYSPINBOT_PUBLIC_URL: must be ");
    expect(message).toContain(words);
    expect(message).not.toContain("hunter6");
  });

  it("an issuer wants an audience, an audience an issuer, and so does the address of keys", () => {
    expect(problemsOf({ OIDC_AUDIENCE: "spin" })).toContain("OIDC_ISSUER: missing");
    expect(problemsOf({ OIDC_JWKS_URL: "https://login.example.org/keys" })).toContain("OIDC_ISSUER: missing");
    const oidc = { OIDC_ISSUER: "https://login.example.org/", OIDC_AUDIENCE: "spin" };
    expect(readConfig({ ...home, ...oidc }, 1000).oidc).toEqual({ issuer: "https://login.example.org/", audience: "spin" });
  });

  it.each([
    [{ GPU_HOST_KEY: "g".repeat(16) }, "GPU_HOST_URL: missing"],
    [{ GPU_HOST_URL: "http://gpu:7080", GPU_HOST_KEY: "short" }, "GPU_HOST_KEY: must have at least 16 characters"],
    [{ GPU_HOST_URL: "http://key:hunter7@gpu:7080" }, "the key goes into GPU_HOST_KEY"],
    [{ GPU_HOST_URL: "gpu:7080" }, "must be an address such as http://127.0.0.1:7080"],
    [{ MYSPINBOT_LORA_FOLDER: "models/loras" }, "MYSPINBOT_LORA_FOLDER: must be an absolute path"],
    [{ MYSPINBOT_CHAT_WHILE_BUSY: "ram" }, "must be cpu, gpu or model:NAME"],
  ])("a trainer or a chat model that is set wrongly is told: %j", (env, words) => {
    expect(problemsOf(env)).toContain(words);
    expect(problemsOf(env)).not.toContain("hunter7");
  });

  it("never repeats a secret", () => {
    const message = problemsOf({
      MYSPINBOT_KEY: "hunter2",
      OPENWEBUI_USER_SECRET: "hunter5",
      DATABASE_URL: "http://u:hunter3@db",
      REDIS_URL: "hunter4",
    });
    expect(message).not.toMatch(/hunter/);
    expect(message).toContain("at least 16 characters");
  });

  it.each(["1e3", "0x10", "NaN", "Infinity", "1,5", "-1", "65536"])("port %s is refused", (port) => {
    expect(problemsOf({ MYSPINBOT_PORT: port })).toContain("MYSPINBOT_PORT");
  });
});

describe("what watches it", () => {
  it("metrics have a listener where a port is named, on loopback unless another address is", () => {
    const of = (env: NodeJS.ProcessEnv) => readConfig({ ...home, ...env }, 1000).metrics;
    expect(of({ MYSPINBOT_METRICS_PORT: "9464" })).toEqual({ host: "127.0.0.1", port: 9464 });
    expect(of({ MYSPINBOT_METRICS_PORT: "0", MYSPINBOT_METRICS_HOST: "0.0.0.0" })).toEqual({ host: "0.0.0.0", port: 0 });
    expect(of({ MYSPINBOT_METRICS_HOST: "0.0.0.0" })).toBeUndefined();
    expect(problemsOf({ MYSPINBOT_METRICS_PORT: "70000" })).toContain("MYSPINBOT_METRICS_PORT: must be a whole number from 0 to 65535");
  });
});

it("a Redis that may evict is allowed by one word only", () => {
  expect(readConfig(home, 1000).redisUnsafe).toBe(false);
  expect(readConfig({ ...home, MYSPINBOT_REDIS_UNSAFE: "yes" }, 1000).redisUnsafe).toBe(true);
  expect(problemsOf({ MYSPINBOT_REDIS_UNSAFE: "1" })).toContain("must be one of: no, yes");
});

it(".env.example and the program know the same settings", () => {
  const text = readFileSync(join(import.meta.dirname, ".env.example"), "utf8");
  const listed = [...text.matchAll(/^#?([A-Z][A-Z0-9_]*)=/gm)].map((match) => match[1]);
  expect(listed.sort()).toEqual([...settingNames, ...secretFileNames].sort());
});

it(".env.example shows the defaults as they are", () => {
  const text = readFileSync(join(import.meta.dirname, ".env.example"), "utf8");
  const shown = Object.fromEntries([...text.matchAll(/^#(MYSPINBOT_\w+|S3_REGION)=(.+)$/gm)].map((match) => [match[1], match[2]]));
  for (const example of [
    "MYSPINBOT_DATA",
    "MYSPINBOT_FILES",
    "MYSPINBOT_PUBLIC_URL",
    "MYSPINBOT_ALLOWED_HOSTS",
    "MYSPINBOT_MODEL_FAMILIES",
    "MYSPINBOT_LORA_FOLDER",
    "MYSPINBOT_METRICS_PORT",
    ...[
      "MYSPINBOT_SHERPA_MODELS",
      "MYSPINBOT_FFMPEG",
      "MYSPINBOT_TRANSCRIBE_URL",
      "MYSPINBOT_TRANSCRIBE_MODEL",
      "MYSPINBOT_TRANSCRIBE_KEY",
    ],
  ])
    delete shown[example];
  expect(readConfig({ ...home, ...shown }, 1000)).toEqual(readConfig(home, 1000));
});

it.each(["MYSPINBOT_MAX_PIXELS", "MYSPINBOT_MAX_UPSCALED_PIXELS"])("%s allows no picture that would be refused when it is done", (name) => {
  expect(problemsOf({ [name]: `${maxPixels + 1}` })).toContain(`${name}: must be a whole number from 4096 to ${maxPixels}`);
  expect(() => readConfig({ ...home, [name]: `${maxPixels}` }, 1000)).not.toThrow();
});
