/** `npm run compose:init`: strong secrets as files and `compose/.env`, so that `docker compose up` needs nothing edited; `--models` brings models too, `--rotate` changes a secret. */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { plain } from "../cli/plain.ts";
import { Failure } from "../core/failure.ts";
import { packageRoot } from "../core/package-root.ts";
import { type Initiated, init } from "./compose/init.ts";
import { profiles, readProfiles, usualProfiles } from "./compose/profiles.ts";
import { rotate } from "./compose/rotate.ts";
import { run } from "./compose/run.ts";
import { dc } from "./compose/secrets.ts";
import { bringModels, readModels } from "./compose/with-models.ts";
import { models } from "./models/catalogue.ts";
import { folderOf, progressTo, tokenOf } from "./models/surroundings.ts";

const usage = `npm run compose:init [-- --profiles ${usualProfiles}] [--models sdxl,upscaler --accept]
npm run compose:init -- --rotate NAME

  --profiles LIST   what is started beside the core: ${profiles.join(", ")}; "core" alone for none of them. First time: ${usualProfiles}
  --models LIST     fetches these into the models folder, and goes on where an earlier try ended: ${models.map(({ id }) => id).join(", ")}
  --accept          yes to the terms of their licences, which are shown without it
  --rotate NAME     a new secret in place of compose/secrets/NAME; says what is to be done so that everybody has it
  --folder FOLDER   the folder with compose.yaml; without it: compose

Makes what is missing in compose/secrets and compose/.env. What is there stays as it is.
`;

/** What a person needs once; where it lies, when nothing new was made. */
function shown({ fresh, env }: Initiated): string[] {
  const host = ["", "0.0.0.0", "::"].includes(env["BIND_ADDRESS"] ?? "") ? "127.0.0.1" : env["BIND_ADDRESS"];
  const rows = [
    ["MySpinBot", env["SERVER_PORT"] || "4417", "myspinbot_key", "access key"],
    [
      "Open WebUI",
      env["OPEN_WEBUI_PORT"] || "8080",
      "openwebui_admin_password",
      `${env["OPEN_WEBUI_ADMIN_EMAIL"] || "admin@localhost"}, password`,
    ],
    ["Grafana", env["GRAFANA_PORT"] || "3000", "grafana_password", "admin, password"],
    // never published with the others: compose.yaml says why
    ["Keycloak", env["KEYCLOAK_PORT"] || "8081", "keycloak_password", "admin, password", env["KEYCLOAK_ADDRESS"] || "127.0.0.1"],
  ] as const;
  const lines = rows.flatMap(([name, port, secret, words, at = host]) =>
    fresh[secret] ? [`  ${name.padEnd(10)}  http://${at}:${port}  ${words} ${fresh[secret]}`] : [],
  );
  return lines.length > 0
    ? ["", "Shown this once; they lie in compose/secrets:", ...lines]
    : ["", `Keys and passwords lie in compose/secrets: ${rows.map(([, , secret]) => secret).join(", ")}`];
}

const out = (line: string) => void process.stdout.write(`${line}\n`);
const warn = (line: string) => void process.stderr.write(`${plain(line)}\n`);

function lines(done: Initiated): string[] {
  return [
    ...(done.made.length > 0 ? [`made: ${done.made.join(", ")}`] : ["everything is there"]),
    ...(done.kept.length > 0 ? [`kept: ${done.kept.join(", ")}`] : []),
    ...done.notes,
    ...shown(done),
    "",
  ];
}

async function next(): Promise<string[]> {
  return (await run("nvidia-smi", ["-L"])).code === 0
    ? [`Next: ${dc} up -d --build (npm run compose:check tells beforehand what would stop it)`]
    : [
        `Next (no NVIDIA card is seen here): ${dc} -f compose/compose.cpu.yaml up -d --build`,
        "What would stop it is told beforehand by: npm run compose:check -- --file compose.yaml --file compose.cpu.yaml",
      ];
}

/** @returns the exit code: 1 where models are missing that were asked for. */
async function main(): Promise<number> {
  const [text, yes] = [{ type: "string" }, { type: "boolean", default: false }] as const;
  const options = { profiles: text, models: text, accept: yes, rotate: text, folder: text, help: yes } as const;
  const { values } = parseArgs({ options });
  const folder = resolve(values.folder ?? join(packageRoot(), "compose"));
  if (values.help) out(usage);
  else if (values.rotate !== undefined) (await rotate(folder, values.rotate)).map(out);
  else {
    const picked =
      values.models === undefined
        ? []
        : readModels(values.models, values.accept, values.profiles, values.folder === undefined ? undefined : folder);
    const token = tokenOf(process.env);
    lines(await init({ folder, run, ...(values.profiles === undefined ? {} : { profiles: readProfiles(values.profiles) }) })).map(out);
    const got = {
      folder: folderOf(undefined, process.env, folder),
      accept: values.accept,
      reserve: 10e9,
      say: out,
      progress: progressTo(out),
    };
    const whole = await bringModels(picked, { ...got, ...(token ? { token } : {}) }, warn);
    (await next()).map(out);
    return whole ? 0 : 1;
  }
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const { code } = error as NodeJS.ErrnoException;
  const said = error instanceof Failure || code?.startsWith("ERR_PARSE_ARGS");
  if (!said && !code?.startsWith("E")) throw error;
  // a folder of somebody else, a full disk: the system's words name the file
  warn((error as Error).message);
  process.exitCode = 1;
}
