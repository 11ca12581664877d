/** Waiting for an A1111/Forge that does not answer, and the command that starts it. */
import type { Run } from "../../../core/ports/engine.ts";
import { createPatience, type Patience } from "../patience.ts";
import type { Api } from "./api.ts";
import { Unreachable } from "./http.ts";

/** From its own folder. The port is left out where it is the usual one. */
export function startCommand(address: string): string {
  const { hostname, port, protocol } = new URL(address);
  const local = hostname === "127.0.0.1" || hostname === "localhost" || hostname === "[::1]";
  const number = port || (protocol === "https:" ? "443" : "80");
  return ["./webui.sh --api", ...(local ? [] : ["--listen"]), ...(number === "7860" ? [] : [`--port ${number}`])].join(" ");
}

export function patienceWith(api: Api, waitMinutes: number, run: Pick<Run, "signal" | "log">, say: (note: string) => void): Patience {
  const { address } = api.http;
  return createPatience(
    {
      ...{ name: "A1111/Forge", address, waitMinutes, retryMs: api.timings.retry, start: startCommand(address) },
      isSilence: (error) => error instanceof Unreachable,
    },
    run,
    say,
  );
}
