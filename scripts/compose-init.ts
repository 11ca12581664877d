/** `npm run compose:init`: strong secrets as files and `compose/.env`, so that `docker compose up` needs nothing edited; `--rotate` changes a secret. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { plainLine } from "../cli/plain.ts";
import { Failure } from "../core/failure.ts";
import { packageRoot } from "../core/package-root.ts";
import { type Initiated, init } from "./compose/init.ts";
import { profiles, readProfiles, usualProfiles } from "./compose/profiles.ts";
import { rotate } from "./compose/rotate.ts";
import { run } from "./compose/run.ts";
import { dc } from "./compose/secrets.ts";

const usage = `npm run compose:init [-- --profiles ${usualProfiles}] [-- --rotate NAME]

  --profiles LIST   what is started beside the core: ${profiles.join(", ")}; "core" alone for none of them. First time: ${usualProfiles}
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
    ["Keycloak", env["KEYCLOAK_PORT"] || "8081", "keycloak_password", "admin, password"],
  ] as const;
  const lines = rows.flatMap(([name, port, secret, words]) =>
    fresh[secret] ? [`  ${name.padEnd(10)}  http://${host}:${port}  ${words} ${fresh[secret]}`] : [],
  );
  return lines.length > 0
    ? ["", "Shown this once; they lie in compose/secrets:", ...lines]
    : ["", `Keys and passwords lie in compose/secrets: ${rows.map(([, , secret]) => secret).join(", ")}`];
}

async function main(): Promise<string[]> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ options: { profiles: text, rotate: text, folder: text, help: { type: "boolean" } } });
  if (values.help) return [usage];
  const folder = values.folder ?? join(packageRoot(), "compose");
  if (values.rotate !== undefined) return rotate(folder, values.rotate);
  const done = await init({ folder, run, ...(values.profiles === undefined ? {} : { profiles: readProfiles(values.profiles) }) });
  return [
    ...(done.made.length > 0 ? [`made: ${done.made.join(", ")}`] : ["everything is there"]),
    ...(done.kept.length > 0 ? [`kept: ${done.kept.join(", ")}`] : []),
    ...done.notes,
    ...shown(done),
    "",
    ...((await run("nvidia-smi", ["-L"])).code === 0
      ? [`Next: npm run compose:check, then ${dc} up -d --build`]
      : [
          "Next (no NVIDIA card is seen here): npm run compose:check -- --file compose.yaml --file compose.cpu.yaml",
          `then ${dc} -f compose/compose.cpu.yaml up -d --build`,
        ]),
  ];
}

try {
  process.stdout.write(`${(await main()).join("\n")}\n`);
} catch (error) {
  const { code } = error as NodeJS.ErrnoException;
  const said = error instanceof Failure || code?.startsWith("ERR_PARSE_ARGS");
  if (!said && !code?.startsWith("E")) throw error;
  // a folder of somebody else, a full disk: the system's words name the file
  process.stderr.write(`${plainLine((error as Error).message, 2000)}\n`);
  process.exitCode = 1;
}
