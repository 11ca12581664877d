/** `npm run compose:check`: what is wrong before `docker compose up`, and what to do about it. Exit 1 where something would stop it. Changes nothing. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { byUrgency, renderRows } from "../cli/doctor.ts";
import { packageRoot } from "../core/package-root.ts";
import { check } from "./compose/check.ts";
import { run } from "./compose/run.ts";

const usage = `npm run compose:check [-- --file compose.yaml --file compose.cpu.yaml] [-- --offline]

  --file NAME     a compose file, in the order in which docker compose gets them; without it: COMPOSE_FILE of compose/.env, else compose.yaml
  --engine NAME   docker or podman; without it: Docker where it is installed
  --offline       does not ask the images' registries for the time
  --folder FOLDER the folder with compose.yaml; without it: compose
`;

try {
  const { values } = parseArgs({
    options: {
      file: { type: "string", multiple: true },
      engine: { type: "string" },
      offline: { type: "boolean", default: false },
      folder: { type: "string" },
      help: { type: "boolean" },
    },
  });
  const { engine } = values;
  if (values.help) process.stdout.write(usage);
  else if (engine !== undefined && engine !== "docker" && engine !== "podman")
    throw Object.assign(new Error("--engine is docker or podman."), { code: "ERR_PARSE_ARGS" });
  else {
    const folder = values.folder ?? join(packageRoot(), "compose");
    const rows = byUrgency(
      await check({ folder, run, offline: values.offline, ...(engine ? { engine } : {}), ...(values.file ? { files: values.file } : {}) }),
    );
    const stops = rows.filter(({ state }) => state === "down").length;
    process.stdout.write(`${stops === 0 ? "Nothing stops a start" : `${stops} of these stop a start`}\n${renderRows(rows)}`);
    process.exitCode = stops === 0 ? 0 : 1;
  }
} catch (error) {
  if (!(error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS")) throw error;
  process.stderr.write(`${(error as Error).message}\n\n${usage}`);
  process.exitCode = 1;
}
