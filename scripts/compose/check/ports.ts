/** Ports that the stack publishes, and who has them. */
import { createConnection, createServer } from "node:net";
import type { StatusRow } from "../../../core/client.ts";
import type { Port } from "../model.ts";
import { fine, stop } from "./rows.ts";

export interface PortFact extends Port {
  /** Code of the system that refused it; undefined = free. */
  code?: string;
}

/** Asks the system itself. A port below 1024 is the engine's to take, so that one is only looked at. */
export async function lookAtPort({ service, host, port }: Port): Promise<PortFact> {
  const code = await new Promise<string | undefined>((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "unknown"));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
  const real = code === "EACCES" ? ((await answers(host, port)) ? "EADDRINUSE" : undefined) : code;
  return { service, host, port, ...(real === undefined ? {} : { code: real }) };
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host, port });
    const end = (there: boolean) => {
      socket.destroy();
      resolve(there);
    };
    socket.setTimeout(2000, () => end(false));
    socket.once("connect", () => end(true)).once("error", () => end(false));
  });
}

const part = "Ports";

/** @param ours ports that containers of this project hold now; only where it runs. */
export function portRows(facts: readonly PortFact[], ours: readonly number[]): StatusRow[] {
  const rows = facts.flatMap(({ service, host, port, code }, at) => {
    const twin = facts.slice(0, at).find((one) => one.port === port && (one.host === host || [one.host, host].includes("0.0.0.0")));
    if (twin)
      return [stop(part, `${service} and ${twin.service} both want ${host}:${port}`, "Give one of them another port in compose/.env")];
    if (code === undefined || (code === "EADDRINUSE" && ours.includes(port))) return [];
    if (code === "EADDRINUSE")
      return [
        stop(
          part,
          `${host}:${port} (${service}) is taken by another program`,
          `Who it is: sudo ss -ltnp 'sport = :${port}'. Stop it, or give ${service} another port in compose/.env`,
        ),
      ];
    return [
      stop(
        part,
        `${host}:${port} (${service}) cannot be listened on (${code})`,
        "BIND_ADDRESS in compose/.env must be an address of this machine, such as 127.0.0.1",
      ),
    ];
  });
  return rows.length > 0
    ? rows
    : [fine(part, facts.length === 0 ? "none is published" : `free: ${[...new Set(facts.map(({ port }) => port))].join(", ")}`)];
}
