/**
 * Who may see the administrator's pages (Grafana, Prometheus, Alertmanager): whoever holds an access key of the studio with scope `admin`.
 * A browser asks for name and password; the password is the key. So there is no further secret, and `myspinbot key revoke` ends it.
 */
import { createHash } from "node:crypto";

export interface Verdict {
  status: 200 | 401 | 403 | 429 | 503;
  headers?: Record<string, string>;
  /** What a person reads in place of the page. */
  text: string;
}
export interface VerifierParts {
  /** The studio's address. */
  studio: string;
  ask?: typeof fetch;
  /** Milliseconds. */
  now?: () => number;
}

const freshMs = 30_000;
/** While the studio is down its watchers' pages are wanted most: a key that it took lately is taken for so long. */
const staleMs = 12 * 3_600_000;
const [triesMs, tries] = [60_000, 10];
const [maxKeys, maxPeers] = [100, 1000];

/** The password of `Authorization: Basic`, or the token of `Bearer`. */
export function keyOf(authorization: string | undefined): string | undefined {
  const [, scheme = "", value = ""] = /^(Basic|Bearer) +(\S+)$/i.exec(authorization ?? "") ?? [];
  if (!value) return undefined;
  if (scheme.toLowerCase() === "bearer") return value;
  const pair = Buffer.from(value, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  return colon < 0 ? undefined : pair.slice(colon + 1) || undefined;
}

const login = {
  "WWW-Authenticate": 'Basic realm="MySpinBot: any name, and an access key with scope admin as the password", charset="UTF-8"',
};

/** Asks the studio, at most every 30 s for a key. `peer` is the address of who asks: ten wrong keys a minute, then none is looked at. */
export function createVerifier({ studio, ask = fetch, now = Date.now }: VerifierParts) {
  const accepted = new Map<string, number>();
  const wrong = new Map<string, number[]>();
  const address = new URL("/v1/status", studio);

  const failures = (peer: string) => (wrong.get(peer) ?? []).filter((at) => now() - at < triesMs);
  function bounded<T>(map: Map<string, T>, key: string, value: T, limit: number) {
    map.delete(key);
    if (map.size >= limit) map.delete(map.keys().next().value as string);
    map.set(key, value);
  }

  return async function verify(authorization: string | undefined, peer: string): Promise<Verdict> {
    const key = keyOf(authorization);
    if (key === undefined)
      return { status: 401, headers: login, text: "Give an access key of the studio with scope admin as the password." };
    const hash = createHash("sha256").update(key).digest("hex");
    const age = now() - (accepted.get(hash) ?? Number.NEGATIVE_INFINITY);
    if (age < freshMs) return { status: 200, text: "" };
    if (failures(peer).length >= tries)
      return { status: 429, headers: { "Retry-After": "60" }, text: "Too many wrong keys from this address. Wait a minute." };
    let status: number;
    try {
      const answer = await ask(address, {
        headers: { authorization: `Bearer ${key}` },
        redirect: "error",
        signal: AbortSignal.timeout(5000),
      });
      await answer.body?.cancel();
      status = answer.status;
    } catch {
      status = 503;
    }
    if (status === 200) {
      bounded(accepted, hash, now(), maxKeys);
      return { status: 200, text: "" };
    }
    if (status === 401 || status === 403) {
      accepted.delete(hash);
      bounded(wrong, peer, [...failures(peer), now()], maxPeers);
      if (status === 403) return { status: 403, text: "This key may not see the administrator's pages: it needs the scope admin." };
      return {
        status: 401,
        headers: login,
        text: "The studio does not know this key. Make one: myspinbot key create --name me --scopes admin",
      };
    }
    if (age < staleMs) return { status: 200, text: "" };
    return {
      status: 503,
      text: "The studio does not answer, so that the key cannot be checked. Grafana itself is at port 3000 of the machine.",
    };
  };
}
