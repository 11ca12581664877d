/** Who may come in: Host and Origin against DNS rebinding and foreign pages, then a signed link to one file, or who asks; and what they may do. */
import type { Context, MiddlewareHandler } from "hono";
import { unknownArtifact } from "../core/artifact.ts";
import { isId } from "../core/ids.ts";
import type { Links } from "../core/links.ts";
import type { Principal } from "../core/principal.ts";
import { requireScope, type Scope } from "../core/scope.ts";
import type { Env } from "./env.ts";
import { HttpFailure } from "./failures.ts";
import { asksToStrip } from "./file-headers.ts";
import { metadataPaths, type Resource } from "./oauth-resource.ts";
import { realm } from "./unauthorized.ts";
import { createWho, type Found, type Identities, userHeader } from "./who.ts";

export interface Access extends Identities {
  /** Further names for us, lower case, with or without a port. */
  hosts: readonly string[];
  /** Where people's browsers reach us, without a slash at its end; its host is one of `hosts`. */
  publicUrl?: string;
  /** Signed links to single files; without it there are none. */
  links?: Links;
  /** What clients of the identity provider are told of us. */
  resource?: Resource;
}

const loopbackNames = new Set(["localhost", "127.0.0.1", "[::1]"]);
/** For probes, which have no key, and for clients that must learn where to get one. They tell nothing but whether the service is up, and who gives tokens for it. */
const open = new Set<string>(["/healthz", "/readyz", ...metadataPaths]);

/** `studio.lan:4417` → name and port; undefined for what is no host. */
function hostOf(text: string): { name: string; port: string } | undefined {
  const found = /^(\[[\da-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/i.exec(text);
  if (!found?.[1]) return undefined;
  return { name: found[1].toLowerCase().replace(/\.$/, ""), port: found[2] ?? "" };
}

export function isAllowed(host: string, hosts: readonly string[]): boolean {
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

export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/.test(address);
}

function refuse(what: string): HttpFailure {
  return new HttpFailure(403, "not_allowed", `${what} If that is a name of this studio, add it to MYSPINBOT_ALLOWED_HOSTS.`);
}

/** Whoever writes a secret into an address has written it into logs, too. */
function inAddress(): HttpFailure {
  return new HttpFailure(
    400,
    "invalid_input",
    "A token in the address is not taken, because addresses are logged. Send it as a header: Authorization: Bearer <token>.",
    { "www-authenticate": `${realm}, error="invalid_request"` },
  );
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

  const find = async (c: Context<Env>, local: boolean): Promise<Found> => {
    const authorization = c.req.header("authorization");
    const user = c.req.header(userHeader);
    const caller = { local, near: isLoopback(c.env?.remote), authorization, user };
    const file = links ? linkedFile(c) : undefined;
    if (links && file !== undefined) {
      if (authorization === undefined && user === undefined) return { principal: await byLink(c, file, links) };
      // whoever says who they are uses their own links only
      const asking = await who(caller);
      if ((await byLink(c, file, links)).id !== asking.principal.id) throw unknownArtifact(file);
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
      if (c.req.query("access_token") !== undefined) throw inAddress();
    }
    if (open.has(c.req.path) || c.req.path.startsWith("/approve/")) return next();
    const { principal, still, token } = await find(c, local);
    c.set("principal", principal);
    if (still) c.set("still", still);
    if (token) c.set("token", true);
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
