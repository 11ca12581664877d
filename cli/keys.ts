/** `key create`, `key list`, `key revoke`: who else may use the studio, and for what. */
import type { AccessKeyView, KeysClient } from "../core/client.ts";
import { plainLine } from "./plain.ts";

export interface KeyFlags {
  name?: string;
  /** Separated by commas or spaces. */
  scopes?: string;
  principal?: string;
}

interface Out {
  stdout: { write(text: string): unknown };
  say(text: string): void;
}

const told = ({ id, name, principal, scopes }: AccessKeyView) =>
  `${plainLine(id)} (${plainLine(name, 100)}), principal ${plainLine(principal, 200)}, scopes ${scopes.join(" ")}`;

/** The key alone goes to stdout, so that a script can keep it; everything else to stderr. */
export async function createKey(
  client: Pick<KeysClient, "create">,
  { name, scopes, principal }: KeyFlags,
  { stdout, say }: Out,
): Promise<number> {
  const list = scopes?.split(/[\s,]+/).filter(Boolean);
  const { key, secret } = await client.create({
    ...(name !== undefined ? { name } : {}),
    ...(list ? { scopes: list } : {}),
    ...(principal !== undefined ? { principal } : {}),
  });
  say(`Made ${told(key)}. It is shown this once; send it as Authorization: Bearer <key>.`);
  stdout.write(`${secret}\n`);
  return 0;
}

export async function listKeys(client: Pick<KeysClient, "list">, { stdout, say }: Out): Promise<number> {
  const keys = await client.list();
  if (keys.length === 0) say("There is no access key. `myspinbot key create --name phone` makes one.");
  for (const key of keys) {
    const state = key.revoked_at ? `revoked ${key.revoked_at}` : key.last_used_at ? `last used ${key.last_used_at}` : "never used";
    stdout.write(`${told(key)}, made ${key.created_at}, ${state}\n`);
  }
  return 0;
}

export async function revokeKey(client: Pick<KeysClient, "revoke">, id: string, { say }: Out): Promise<number> {
  say(`Revoked ${told(await client.revoke(id))}. Requests with it are refused from now on.`);
  return 0;
}
