/** Where people reach this studio, for links that leave it: what the person has set, else the address of the request, also through a proxy that is one of ours. */
import { type Access, isAllowed } from "./access.ts";

const first = (list: string | null): string => list?.split(",")[0]?.trim().toLowerCase() ?? "";

/** Headers of a proxy count only where they name a host that we are served under: nobody can make us link to somewhere else. */
export function originOf(request: Request, { publicUrl, hosts }: Pick<Access, "publicUrl" | "hosts">): string {
  if (publicUrl !== undefined) return publicUrl;
  const own = new URL(request.url);
  const host = first(request.headers.get("x-forwarded-host")) || own.host;
  const scheme = /^https?$/.exec(first(request.headers.get("x-forwarded-proto")))?.[0];
  const forwarded = `${scheme ? `${scheme}:` : own.protocol}//${host}`;
  return isAllowed(host, hosts) && URL.canParse(forwarded) ? new URL(forwarded).origin : own.origin;
}
