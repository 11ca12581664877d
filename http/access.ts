/** Who may come in: Host and Origin against DNS rebinding and foreign pages, then a signed link to one file, or who asks; and what they may do. */
import type { Context, MiddlewareHandler } from "hono";
import { looksLikeKey } from "../core/access-keys.ts";
import { unknownArtifact } from "../core/artifact.ts";
import { isId } from "../core/ids.ts";
import type { Links } from "../core/links.ts";
import type { Principal } from "../core/principal.ts";
import { requireScope, type Scope } from "../core/scope.ts";
import type { Env } from "./env.ts";
import { HttpFailure } from "./failures.ts";
import { asksToStrip } from "./file-headers.ts";
import { bearerOf, createWho, type Identities, userHeader } from "./who.ts";

export interface Access extends Identities {
  /** Further names for us, lower case, with or without a port. */
  hosts: readonly string[];
  /** Signed links to single files; without it there are none. */
  links?: Links;
}

const loopbackNames = new Set(["localhost", "127.0.0.1", "[::1]"]);
/** For container and load balancer probes, which have no key. They tell nothing but whether the service is up. */
const open = new Set(["/healthz", "/readyz"]);

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

/** `/v1/files/:id/:name`: what a signed link may open. */
const filePath = /^\/v1\/files\/([^/]+)\/(?!thumbnail$)[^/]+$/;

/** The file that a signed link is for; undefined where none is shown. */
function linkedFile(c: Context<Env>): string | undefined {
  return c.req.query("sig") === undefined ? undefined : filePath.exec(c.req.path)?.[1];
}

/** Whose file a link opens. One that is no good is answered as a file that never was. */
async function byLink(c: Context<Env>, id: string, links: Links): Promise<Principal> {
  const asked = { method: c.req.method, id, strip: asksToStrip(c), exp: c.req.query("exp"), sig: c.req.query("sig") };
  const principal = isId("art", id) ? await links.open(asked) : undefined;
  if (!principal) throw unknownArtifact(id);
  return principal;
}

export function guard(access: Access, alwaysLocal: boolean): MiddlewareHandler<Env> {
  const { hosts, links } = access;
  const who = createWho(access);

  const principalOf = async (c: Context<Env>, local: boolean): Promise<Principal> => {
    const authorization = c.req.header("authorization");
    const user = c.req.header(userHeader);
    const caller = { local, near: isLoopback(c.env?.remote), authorization, user };
    const file = links ? linkedFile(c) : undefined;
    if (links && file !== undefined) {
      if (authorization === undefined && user === undefined) return byLink(c, file, links);
      // whoever says who they are uses their own links only
      const asking = await who(caller);
      if ((await byLink(c, file, links)).id !== asking.id) throw unknownArtifact(file);
      return asking;
    }
    return who(caller);
  };

  return async (c, next) => {
    const local = alwaysLocal || (c.env?.local ?? false);
    if (!local) {
      const host = c.req.header("host") ?? new URL(c.req.url).host;
      if (!isAllowed(host, hosts)) throw refuse(`This studio is not served under the host name "${host.slice(0, 100)}".`);
      const origin = c.req.header("origin");
      if (origin !== undefined && !isOriginAllowed(origin, host, hosts))
        throw refuse(`Pages of "${origin.slice(0, 100)}" may not use this studio.`);
    }
    if (open.has(c.req.path)) return next();
    c.set("principal", await principalOf(c, local));
    const token = bearerOf(c.req.header("authorization"));
    const { keys } = access;
    if (!local && keys && token !== undefined && looksLikeKey(token)) c.set("still", async () => (await keys.verify(token)) !== undefined);
    return next();
  };
}

/** The scope that a route's row in the table names; those without one check more closely themselves, or are open. */
export function needs(scope: Scope): MiddlewareHandler<Env> {
  return async (c, next) => {
    requireScope(c.get("principal"), scope);
    return next();
  };
}
