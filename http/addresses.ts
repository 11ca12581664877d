/** Where a browser opens a file: plain where this studio asks its owner for no key, else by a signed link. */
import { type Artifact, filePath } from "../core/artifact.ts";
import type { LinkView } from "../core/client.ts";
import type { Links } from "../core/links.ts";
import { localPrincipal, type Principal } from "../core/principal.ts";
import { type Identities, isKeyless } from "./who.ts";

/** For whoever has read the file as theirs. */
export type AddressOf = (principal: Pick<Principal, "id">, file: Pick<Artifact, "id" | "name">) => LinkView;

export function createAddresses({ links, access }: { links: Links; access: Identities }): AddressOf {
  const keyless = isKeyless(access);
  return (principal, file) => {
    // without a key a browser is this machine's person, and to them another's file is unknown
    if (keyless && principal.id === localPrincipal.id) return { path: filePath(file) };
    const { path, expiresAt } = links.make(principal, file);
    return { path, expires_at: expiresAt.toISOString() };
  };
}
