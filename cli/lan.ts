/** `start --lan`: how others reach the studio, and the key by which Open WebUI does. */
import { hostname, networkInterfaces } from "node:os";
import type { KeysClient } from "../core/client.ts";
import { hostName } from "./diagnose/container.ts";
import { newKeyCommand, pipeScopes } from "./diagnose/scopes.ts";

const keyName = "open-webui";

type Interfaces = ReturnType<typeof networkInterfaces>;

/** Addresses of this machine as they stand in a URL, without those that need a zone. */
function addresses(interfaces: Interfaces): string[] {
  return Object.values(interfaces).flatMap((list) =>
    (list ?? [])
      .filter(({ internal, address }) => !internal && !/^fe80:/i.test(address))
      .map(({ family, address }) => (family === "IPv6" ? `[${address}]` : address)),
  );
}

/** Every name under which a request for this studio may arrive; a container says `host.docker.internal`, Podman's `host.containers.internal`. */
export function lanNames(interfaces: Interfaces = networkInterfaces(), name: string = hostname()): string[] {
  const own = name.toLowerCase();
  const short = own.split(".")[0] ?? own;
  return [...new Set([...addresses(interfaces), own, short, `${short}.local`, hostName, "host.containers.internal"])].filter(Boolean);
}

/** What a person may type elsewhere; the addresses of container bridges are of no use to them. */
function reachable(port: string, interfaces: Interfaces, name: string): string[] {
  const outside = Object.fromEntries(Object.entries(interfaces).filter(([device]) => !/^(docker|br-|veth|cni|podman|virbr)/.test(device)));
  const ip4 = addresses(outside).filter((address) => !address.startsWith("["));
  return [...ip4, name].map((host) => `http://${host}:${port}`);
}

export interface LanParts {
  keys: Pick<KeysClient, "create" | "list">;
  /** Where the studio listens, as it says itself. */
  url: string;
  /** False where MYSPINBOT_HOST keeps it on this machine. */
  open: boolean;
  /** Whether the server knows the secret of Open WebUI's people. */
  people: boolean;
  say(text: string): void;
  interfaces?: Interfaces;
  hostname?: string;
}

/** Makes the key where there is none, shows it this once, and says what to do next. */
export async function openToLan({ keys, url, open, people, say, ...machine }: LanParts): Promise<void> {
  const { port } = new URL(url);
  const docker = `http://${hostName}:${port}`;
  const there = (await keys.list()).find((key) => key.name === keyName && !key.revoked_at);
  const others = reachable(port, machine.interfaces ?? networkInterfaces(), machine.hostname ?? hostname());
  say(
    open
      ? `Reached from other machines at ${others.join(" or ")}, from containers on this one at ${docker}. Every request needs a key.`
      : `MYSPINBOT_HOST keeps it at ${url}: other machines do not reach it. Unset it to let them in.`,
  );
  if (there) {
    say(
      `Open WebUI has its key already: ${there.id} ("${keyName}"), shown when it was made. Another one: ${newKeyCommand}\nThe old one ends by: myspinbot key revoke ${there.id}`,
    );
    return;
  }
  const { secret } = await keys.create({ name: keyName, scopes: [...pipeScopes] });
  say(
    [
      `A key for Open WebUI ("${keyName}": ${pipeScopes.join(", ")}), shown this once:`,
      `  ${secret}`,
      "Next, with Open WebUI's own address and an administrator of it (secrets in the environment: a command line is seen by everybody on the machine):",
      `  MYSPINBOT_KEY=${secret} OPENWEBUI_PASSWORD=… npm run openwebui:install -- --url http://127.0.0.1:3000 --email you@example.com --server ${docker}`,
      `Where Open WebUI runs without a container: --server ${url}. In Docker on Linux its container needs --add-host=${hostName}:host-gateway.`,
      ...(people
        ? []
        : ["Everybody in Open WebUI shares one library until both sides have the same OPENWEBUI_USER_SECRET (docs/access.md)."]),
      "For yourself on another machine: myspinbot key create --name me --scopes admin",
    ].join("\n"),
  );
}
