/** The names of settings: a wrong one is ignored by the program that it was meant for, and nobody hears of it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { secretFileNames } from "../config/secret-files.ts";
import { settingNames } from "../config/settings.ts";
import { readConfig } from "../config.ts";
import { openWebUiNames } from "./testing/open-webui-names.ts";
import { commands, folder, stackOf } from "./testing/stack.ts";

/** Known to Node or the image's own command. */
const ofImage = ["STACK_FILE", "STACK_PROFILES", "TMPDIR"];
const ours = new Set(["server", "worker", "backup", "myspinbot"]);
const { services } = stackOf("compose.yaml");

/** What a container gets when `.env` says nothing. */
const filled = (environment: Record<string, string> = {}) =>
  Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value.replace(/\$\{\w+:-([^}]*)\}/g, "$1")]));

describe.each(commands)("$title", ({ files }) => {
  it("sets for our program only what it knows", () => {
    for (const [name, { environment = {} }] of Object.entries(stackOf(...files).services))
      if (ours.has(name))
        expect([...settingNames, ...secretFileNames, ...ofImage]).toEqual(expect.arrayContaining(Object.keys(environment)));
  });
});

describe("compose.yaml", () => {
  it.each(["server", "worker"])("gives %s settings that fit, with the secrets' files replaced by their texts", (name) => {
    const texts: Record<string, string> = {
      DATABASE_URL: "postgresql://myspinbot:0123@postgres:5432/myspinbot",
      REDIS_URL: "redis://:0123@redis:6379",
    };
    const env = Object.fromEntries(
      Object.entries(filled(services[name]?.environment))
        .filter(([variable]) => !ofImage.includes(variable))
        .map(([variable, value]) => {
          const plain = variable.replace(/_FILE$/, "");
          return plain === variable ? [variable, value] : [plain, texts[plain] ?? "0123456789abcdef0123456789abcdef"];
        }),
    );
    const config = readConfig(env, 1000);
    expect(config).toMatchObject({ roles: { http: name === "server", worker: name === "worker" }, s3: { endpoint: "http://minio:9000" } });
    expect(config.comfyui.configured).toBe(false);
  });

  it("lets the studio be asked by its name on the network", () => {
    expect(filled(services["server"]?.environment)["MYSPINBOT_ALLOWED_HOSTS"]?.split(",")).toContain("server");
    expect(services["open-webui-setup"]?.environment?.["MYSPINBOT_URL"]).toBe("http://server:4417");
  });

  it("has Ollama keep one model for one request, and let it go soon", () => {
    expect(filled(services["ollama"]?.environment)).toMatchObject({
      ...{ OLLAMA_KEEP_ALIVE: "5m", OLLAMA_NUM_PARALLEL: "1", OLLAMA_MAX_LOADED_MODELS: "1" },
    });
  });

  it("has Open WebUI ask the chat model for nothing but answers", () => {
    const tasks = Object.entries(filled(services["open-webui"]?.environment)).filter(([name]) => /^ENABLE_\w+_GENERATION$/.test(name));
    expect(tasks.map(([name]) => name)).toHaveLength(6);
    expect(new Set(tasks.map(([, value]) => value))).toEqual(new Set(["false"]));
  });

  it("sets for Open WebUI only what 0.12.4 knows, or start.sh makes of a file", () => {
    const set = Object.keys(services["open-webui"]?.environment ?? {}).map((name) => name.replace(/_FROM$/, ""));
    expect(openWebUiNames).toEqual(expect.arrayContaining(set));
    expect(set).toEqual(expect.arrayContaining([...openWebUiNames]));
    expect(services["open-webui"]?.image).toMatch(/:v0\.12\.4$/);
  });

  // OPENWEBUI_VENV as for e2e:openwebui
  const venv = process.env["OPENWEBUI_VENV"];
  it.runIf(venv)("and Open WebUI itself reads them", () => {
    const python = readdirSync(join(venv ?? "", "lib")).find((name) => name.startsWith("python3")) ?? "";
    const source = ["env.py", "config.py"].map((name) =>
      readFileSync(join(venv ?? "", "lib", python, "site-packages/open_webui", name), "utf8"),
    );
    for (const name of openWebUiNames) expect(source.join("\n")).toContain(`'${name}'`);
  });
});

describe("what engines write where", () => {
  it("fits what the studio is told: trained LoRAs are one volume, models one folder", () => {
    const models = expect.stringMatching(/^\$\{MODELS_FOLDER:-\.\/models\}:\/models:ro$/);
    const mounts = (name: string) => services[name]?.volumes ?? [];
    expect(services["worker"]?.environment?.["MYSPINBOT_LORA_FOLDER"]).toBe("/loras");
    expect(mounts("worker")).toContain("loras:/loras");
    expect(mounts("comfyui")).toEqual(expect.arrayContaining(["loras:/loras:ro", models]));
    expect(mounts("gpu-host")).toEqual(expect.arrayContaining([models]));
    const paths = readFileSync(join(folder, "comfyui/extra_model_paths.yaml"), "utf8");
    expect(paths).toMatch(/base_path: \/models\n[\s\S]*base_path: \/loras\n {2}loras: \./);
  });
});
