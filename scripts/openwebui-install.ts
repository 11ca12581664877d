/** `npm run openwebui:install`: puts the MySpinBot function into a running Open WebUI, sets it up, shows it to its users; `--undo` takes it out again. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { byUrgency, renderRows } from "../cli/doctor.ts";
import { packageRoot } from "../core/package-root.ts";
import { meet } from "./openwebui-meet.ts";

const usage = `npm run openwebui:install -- --url http://127.0.0.1:8080 --key sk-…

  --url URL            address of Open WebUI (OPENWEBUI_URL)
  --key KEY            an administrator's API key or session token (OPENWEBUI_KEY)
  --email, --password  an administrator's sign-in, in place of the key (OPENWEBUI_EMAIL, OPENWEBUI_PASSWORD)
  --server URL         address of MySpinBot as Open WebUI reaches it; first time: http://127.0.0.1:4417
  --server-key KEY     MySpinBot's access key (MYSPINBOT_KEY)
  --user-secret TEXT   the server's secret for Open WebUI's people (OPENWEBUI_USER_SECRET)
  --hold SECONDS       how long a turn waits for its jobs; first time: 60
  --access everybody|nobody  who sees the model besides administrators; default everybody
  --force              installs although Open WebUI and the studio do not meet yet
  --undo               takes the functions and the model out again; chats and files stay

What is not given keeps its value when the function is there already.
`;

const model = "myspinbot.agent";
const functions = [
  { id: "myspinbot", file: "myspinbot.py", name: "MySpinBot", description: "Talk to your studio." },
  {
    id: "myspinbot_start",
    file: "myspinbot_start.py",
    name: "MySpinBot at start-up",
    description: "Delivers late results after a restart.",
  },
] as const;

/** Words for the person at the terminal. */
class Refusal extends Error {}

type Answer = { status: number; body: unknown };

const field = (value: unknown, name: string): unknown => (value as Record<string, unknown> | null)?.[name];

class OpenWebUi {
  readonly url: string;
  token = "";

  constructor(url: string) {
    this.url = url.replace(/\/+$/, "");
  }

  async call(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<Answer> {
    const answer = await fetch(this.url + path, {
      method,
      headers: {
        ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    }).catch((error: unknown) => {
      const why = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name;
      throw new Refusal(`Nothing answers at ${this.url} (${why}). Is Open WebUI running there? Give its address by --url.`);
    });
    const text = await answer.text();
    try {
      return { status: answer.status, body: JSON.parse(text) };
    } catch {
      return { status: answer.status, body: undefined };
    }
  }

  /** The body of a 200; anything else is told. */
  async must(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<unknown> {
    const answer = await this.call(method, path, body);
    if (answer.status === 200) return answer.body;
    const detail = field(answer.body, "detail");
    throw new Refusal(`Open WebUI refused ${method} ${path}: ${answer.status}${typeof detail === "string" ? ` ${detail}` : ""}`);
  }
}

async function signIn(web: OpenWebUi, given: { key?: string; email?: string; password?: string }): Promise<void> {
  const config = await web.call("GET", "/api/config");
  const version = field(config.body, "version");
  if (config.status !== 200 || typeof version !== "string")
    throw new Refusal(`What answers at ${web.url} is no Open WebUI. Give the address that you open in the browser by --url.`);
  if (!version.startsWith("0.12."))
    process.stderr.write(`Open WebUI ${version}: this function is tested with 0.12. It says in the chat if something is missing.\n`);
  if (given.key) web.token = given.key;
  else if (given.email && given.password) {
    const answer = await web.call("POST", "/api/v1/auths/signin", { email: given.email, password: given.password });
    const token = field(answer.body, "token");
    if (typeof token !== "string") throw new Refusal("Open WebUI does not accept this e-mail address and password.");
    web.token = token;
  } else
    throw new Refusal(
      "Give an administrator's API key by --key (Settings, Account; an administrator must have allowed API keys), or --email and --password.",
    );
  const me = await web.call("GET", "/api/v1/auths/");
  if (me.status !== 200)
    throw new Refusal("Open WebUI does not accept this key. Make a new one (Settings, Account), or use --email and --password.");
  if (field(me.body, "role") !== "admin")
    throw new Refusal("This key is not an administrator's. Only administrators may install functions.");
}

async function putFunction(web: OpenWebUi, { id, file, name, description }: (typeof functions)[number]): Promise<void> {
  const content = readFileSync(join(packageRoot(), "openwebui-pipe", file), "utf8");
  const form = { id, name, content, meta: { description, manifest: {} } };
  const there = await web.call("GET", `/api/v1/functions/id/${id}`);
  await web.must("POST", there.status === 200 ? `/api/v1/functions/id/${id}/update` : "/api/v1/functions/create", form);
  // a new function is off, and the call turns it round
  if (!field(await web.must("GET", `/api/v1/functions/id/${id}`), "is_active")) await web.must("POST", `/api/v1/functions/id/${id}/toggle`);
  process.stdout.write(`${there.status === 200 ? "updated" : "created"} function ${id}\n`);
}

async function putModel(web: OpenWebUi, access: string | undefined): Promise<void> {
  const path = `/api/v1/models/model?id=${model}`;
  const found = await web.call("GET", path);
  const old = found.status === 200 ? (found.body as Record<string, unknown> | null) : null;
  const everybody = [{ principal_type: "user", principal_id: "*", permission: "read" }];
  const grants = access === "nobody" ? [] : access === "everybody" || !old ? everybody : old["access_grants"];
  const meta = (old?.["meta"] ?? {}) as Record<string, unknown>;
  // without these: 28 foreign tools, a search call before each turn, and a prefix in the person's text
  const capabilities = {
    ...(meta["capabilities"] as object | undefined),
    file_context: false,
    builtin_tools: false,
    vision: true,
    file_upload: true,
  };
  const row = {
    id: model,
    base_model_id: null,
    name: old?.["name"] ?? "MySpinBot",
    params: old?.["params"] ?? {},
    meta: { ...meta, capabilities },
    access_grants: grants,
    is_active: true,
  };
  await web.must("POST", old ? "/api/v1/models/model/update" : "/api/v1/models/create", row);
  process.stdout.write(`${old ? "updated" : "created"} model ${model}\n`);
}

/** Each is taken out where it is there. */
async function undo(web: OpenWebUi): Promise<void> {
  const found = await web.call("GET", `/api/v1/models/model?id=${model}`);
  if (found.status === 200 && found.body) {
    await web.must("POST", "/api/v1/models/model/delete", { id: model });
    process.stdout.write(`removed model ${model}\n`);
  }
  for (const { id } of functions) {
    if ((await web.call("GET", `/api/v1/functions/id/${id}`)).status !== 200) continue;
    await web.must("DELETE", `/api/v1/functions/id/${id}/delete`);
    process.stdout.write(`removed function ${id}\n`);
  }
}

/** The settings that are there already; none where the function is not. */
async function valvesOf(web: OpenWebUi): Promise<Record<string, unknown>> {
  const found = await web.call("GET", `/api/v1/functions/id/${functions[0].id}/valves`);
  return found.status === 200 ? ((found.body as Record<string, unknown> | null) ?? {}) : {};
}

const firstServer = "http://127.0.0.1:4417";

/** Tells what keeps the two apart, and refuses to install it. */
async function mustMeet(web: OpenWebUi, valves: Record<string, unknown>, force: boolean): Promise<void> {
  const text = (name: string) => String(valves[name] ?? "");
  const { version } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string };
  const rows = byUrgency(
    await meet({
      ...{ server: text("BASE_URL") || firstServer, key: text("KEY"), userSecret: text("USER_SECRET"), version },
      askThere: (url, key) => web.call("POST", "/openai/verify", { url, key }),
    }),
  );
  process.stderr.write(renderRows(rows));
  if (!force && rows.some(({ state }) => state === "down"))
    throw new Refusal("Nothing was installed or changed. Mend what is marked ✗ and try again, or install it all the same with --force.");
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 86_400)) throw new Refusal("--hold is a number of seconds from 0 to 86400.");
  return value;
}

async function run(): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      ...{
        url: text,
        key: text,
        email: text,
        password: text,
        server: text,
        "server-key": text,
        "user-secret": text,
        hold: text,
        access: text,
      },
      force: { type: "boolean", default: false },
      undo: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const { env } = process;
  const url = values.url ?? env["OPENWEBUI_URL"];
  if (!url || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Refusal(`Give the address of Open WebUI: --url http://127.0.0.1:8080\n\n${usage}`);
  if (values.server && !(URL.canParse(values.server) && /^https?:$/.test(new URL(values.server).protocol)))
    throw new Refusal("--server is an address such as http://127.0.0.1:4417");
  if (values.access && !["everybody", "nobody"].includes(values.access)) throw new Refusal("--access is everybody or nobody.");
  const web = new OpenWebUi(url);
  const signed = {
    key: values.key ?? env["OPENWEBUI_KEY"],
    email: values.email ?? env["OPENWEBUI_EMAIL"],
    password: values.password ?? env["OPENWEBUI_PASSWORD"],
  };
  await signIn(web, Object.fromEntries(Object.entries(signed).filter(([, value]) => value)));
  if (values.undo) return undo(web);

  const given = {
    BASE_URL: values.server,
    KEY: values["server-key"] ?? env["MYSPINBOT_KEY"],
    USER_SECRET: values["user-secret"] ?? env["OPENWEBUI_USER_SECRET"],
    HOLD_SECONDS: values.hold === undefined ? undefined : seconds(values.hold),
  };
  const wanted = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  await mustMeet(web, { ...(await valvesOf(web)), ...wanted }, values.force);
  for (const one of functions) await putFunction(web, one);
  const [pipe] = functions;
  const valves = { ...(await valvesOf(web)), ...wanted };
  await web.must("POST", `/api/v1/functions/id/${pipe.id}/valves/update`, valves);
  await putModel(web, values.access);
  const listed = field(await web.must("GET", "/api/models?refresh=true"), "data") as { id: string }[];
  if (!listed.some(({ id }) => id === model))
    throw new Refusal(`Open WebUI does not list ${model}; its log says why the function was not loaded.`);
  process.stdout.write(`MySpinBot is a model of ${web.url} now; it reaches the studio at ${valves["BASE_URL"] ?? firstServer}\n`);
}

try {
  await run();
} catch (error) {
  const known = error instanceof Refusal || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
  if (!known) throw error;
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
