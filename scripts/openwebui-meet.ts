/** Whether Open WebUI and the studio meet, before anything is installed: seen from here with all it needs, and from where Open WebUI itself runs. */
import { lookup } from "node:dns/promises";
import { hostName, inContainer, isLoopback, shown } from "../cli/diagnose/container.ts";
import { field } from "../cli/diagnose/look.ts";
import { down } from "../cli/diagnose/scopes.ts";
import { checkServer } from "../cli/diagnose/studio.ts";
import type { StatusRow } from "../core/client.ts";

/** What `POST /openai/verify` of Open WebUI answers: it asks the address itself, from its own place, and hands on what it hears. */
export type AskThere = (url: string, key: string) => Promise<{ status: number; body: unknown }>;

export interface Meeting {
  server: string;
  key: string;
  userSecret: string;
  version: string;
  askThere: AskThere;
}

const insideNames = new Set([hostName, "host.containers.internal"]);

/** A name that only containers know means this machine, where it is not known. */
async function viaOf(server: string): Promise<string | undefined> {
  const { hostname } = new URL(server);
  if (!insideNames.has(hostname)) return undefined;
  return lookup(hostname).then(
    () => undefined,
    () => "127.0.0.1",
  );
}

function unreached(server: string): StatusRow {
  const { hostname, port } = new URL(server);
  const what = `it does not reach ${shown(server)} from where it runs`;
  const open = "the studio started by `myspinbot start --lan`";
  if (isLoopback(server))
    return down(
      "Open WebUI",
      `${what}: in a container, ${hostname} is the container itself`,
      `--server http://${hostName}:${port || 80}, ${open}, and on Linux Open WebUI's container with --add-host=${hostName}:host-gateway`,
    );
  if (insideNames.has(hostname))
    return down(
      "Open WebUI",
      what,
      `On Linux its container needs --add-host=${hostName}:host-gateway; ${open}. Outside a container: --server http://127.0.0.1:${port || 80}`,
    );
  return down("Open WebUI", what, `Correct --server; ${open}; containers know each other by name only on one network`);
}

/** What Open WebUI meets at that address. */
async function fromThere({ server, key, askThere }: Meeting): Promise<StatusRow> {
  const part = "Open WebUI";
  const { status, body } = await askThere(`${server.replace(/\/+$/, "")}/v1`, key);
  const models = field(body, "data");
  if (status === 200 && Array.isArray(models) && models.some((model) => field(model, "id") === "myspinbot"))
    return { part, state: "ok", what: `it reaches the studio at ${shown(server)}` };
  const refusal = field(field(body, "error"), "message");
  if (typeof refusal === "string") return down(part, `what it asks at ${shown(server)} refuses it (${status})`, refusal);
  if (status === 500) return unreached(server);
  if (status === 404 || status === 405)
    return {
      ...{ part, state: "info", what: "this version cannot be asked whether it reaches the studio" },
      ...(isLoopback(server)
        ? { fix: `If it runs in a container, localhost is the container itself: --server http://${hostName}:4417` }
        : {}),
    };
  return down(
    part,
    `what it finds at ${shown(server)} is no studio (${status})`,
    "Set --server to the address that `myspinbot start --lan` prints",
  );
}

/** Rows for the person; none is `down` where they meet. */
export async function meet(meeting: Meeting): Promise<StatusRow[]> {
  const { server, key, userSecret, version } = meeting;
  const via = await viaOf(server);
  const [here, there] = await Promise.all([
    checkServer({
      ...{ address: server, setting: "--server", version, container: inContainer() },
      ...(via ? { via } : {}),
      ...(key ? { key } : {}),
      ...(userSecret ? { userSecret } : {}),
    }),
    fromThere(meeting),
  ]);
  const [first] = here;
  // its place counts, not ours: a network of containers has names that nobody else knows
  if (there.state === "ok" && first?.part === "Studio" && first.state === "down")
    return [there, { part: "Studio", state: "info", what: `not reached from here (${first.what}): its key's scopes were not looked at` }];
  return [there, ...here];
}
