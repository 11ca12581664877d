/** What this machine itself is short of: room on the disk, the port. */
import { statfs } from "node:fs/promises";
import { createServer } from "node:net";
import type { StatusRow } from "../../core/client.ts";
import { isSilence, look } from "./look.ts";
import { myspinbot } from "./program.ts";

const gigabyte = 1e9;
/** Gigabytes: a model has 2 to 7, a video of a training session as much; PostgreSQL stops where it cannot write its log. */
const enough = 5;
const tooLittle = 0.5;

/** @param setting what names another place. */
export function roomRow(free: number, path: string, setting = "MYSPINBOT_DATA"): StatusRow | undefined {
  if (free >= enough * gigabyte) return undefined;
  const what = `${(free / gigabyte).toFixed(1)} GB are free at ${path}`;
  return {
    part: "Disk",
    state: free < tooLittle * gigabyte ? "down" : "info",
    what,
    fix: `Free some space, or set ${setting} to another disk`,
  };
}

/** Undefined where there is room, or where that cannot be told. */
export async function disk(path: string, setting?: string): Promise<StatusRow | undefined> {
  const found = await statfs(path).catch(() => undefined);
  return found && roomRow(found.bavail * found.bsize, path, setting);
}

function taken(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "unknown"));
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });
}

/** Only where no studio runs on this data folder. @param asked whether the port was set by name: another one is then not taken for it. */
export async function portRow(host: string, port: number, asked: boolean): Promise<StatusRow | undefined> {
  const code = port === 0 ? undefined : await taken(host, port);
  if (code === undefined) return undefined;
  const part = "Port";
  if (code !== "EADDRINUSE")
    return {
      part,
      state: "down",
      what: `${host}:${port} cannot be listened on (${code})`,
      fix: "Correct MYSPINBOT_HOST or MYSPINBOT_PORT",
    };
  const near = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  const program = myspinbot("MYSPINBOT_PORT");
  const answer = await look(`http://${near.includes(":") ? `[${near}]` : near}:${port}`, program.path, { headers: { host: "localhost" } });
  const who = !isSilence(answer) && program.is(answer.body) ? "another MySpinBot" : "another program";
  return {
    ...{ part, state: asked ? "down" : "info", what: `${port} is taken by ${who}${asked ? "" : "; the studio takes a free one"}` },
    fix: "Stop it, or set MYSPINBOT_PORT to another port",
  };
}
