/** Who may come in: Host and Origin against DNS rebinding and foreign pages, then the access key or nearness. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { localPrincipal } from "../core/principal.ts";
import type { Env } from "./env.ts";
import { HttpFailure } from "./failures.ts";

export interface Access {
  /** Without one, only the socket and loopback are served. */
  key?: string;
  /** Further names for us, lower case, with or without a port. */
  hosts: readonly string[];
}

const loopbackNames = new Set(["localhost", "127.0.0.1", "[::1]"]);
/** For container and load balancer probes, which have no key. They tell nothing but whether the service is up. */
const open = new Set(["/healthz", "/readyz"]);

const hash = (text: string): Buffer => createHash("sha256").update(text).digest();

/** `studio.lan:4417` → name and port; undefined for what is no host. */
function hostOf(text: string): { name: string; port: string } | undefined {
  const found = /^(\[[\da-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/i.exec(text);
  if (!found?.[1]) return undefined;
  return { name: found[1].toLowerCase().replace(/\.$/, ""), port: found[2] ?? "" };
}

function isAllowed(host: string, hosts: readonly string[]): boolean {
  const asked = hostOf(host);
  if (!asked) return false;
  return (
    loopbackNames.has(asked.name) ||
    hosts.some((entry) => {
      const allowed = hostOf(entry);
      return allowed?.name === asked.name && (allowed.port === "" || allowed.port === asked.port);
    })
  );
}

/** A page of ours, or of a name that the configuration allows; another program's page on this machine is neither. */
function isOriginAllowed(origin: string, host: string, hosts: readonly string[]): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, host: from } = new URL(origin);
  if (protocol !== "http:" && protocol !== "https:") return false;
  const bare = host.toLowerCase().replace(/:(80|443)$/, "");
  if (from === bare) return true;
  const asked = hostOf(from);
  return asked !== undefined && !loopbackNames.has(asked.name) && isAllowed(from, hosts);
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/.test(address);
}

function refuse(what: string): HttpFailure {
  return new HttpFailure(403, "not_allowed", `${what} If that is a name of this studio, add it to MYSPINBOT_ALLOWED_HOSTS.`);
}

export function guard({ key, hosts }: Access, alwaysLocal: boolean): MiddlewareHandler<Env> {
  const wanted = key === undefined ? undefined : hash(key);
  return async (c, next) => {
    c.set("principal", localPrincipal);
    if (alwaysLocal || c.env?.local) return next();
    const host = c.req.header("host") ?? new URL(c.req.url).host;
    if (!isAllowed(host, hosts)) throw refuse(`This studio is not served under the host name "${host.slice(0, 100)}".`);
    const origin = c.req.header("origin");
    if (origin !== undefined && !isOriginAllowed(origin, host, hosts))
      throw refuse(`Pages of "${origin.slice(0, 100)}" may not use this studio.`);
    if (open.has(c.req.path)) return next();
    if (!wanted) {
      if (isLoopback(c.env?.remote)) return next();
      throw new HttpFailure(403, "not_allowed", "Without an access key only this machine is served. Set MYSPINBOT_KEY on the server.");
    }
    const given = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    if (given !== undefined && timingSafeEqual(hash(given), wanted)) return next();
    const hint = given === undefined ? "Send the access key" : "The access key is wrong. Send the right one";
    throw new HttpFailure(401, "unauthorized", `${hint}: Authorization: Bearer <MYSPINBOT_KEY>.`, {
      "www-authenticate": `Bearer realm="myspinbot"${given === undefined ? "" : ', error="invalid_token"'}`,
    });
  };
}
