/**
 * What a container registry tells anybody: the tags of a repository, and the digest behind a tag.
 * Source: OCI Distribution Specification 1.1; tokens as in the Distribution project's token authentication. No account is used.
 */

export interface RegistryOptions {
  /** Address of a host's registry: a mirror, or a test's. Default: `https://<host>`, Docker Hub's own for `docker.io`. */
  addressOf?: (host: string) => string;
  /** Milliseconds a request. Default 20 s. */
  milliseconds?: number;
}
export interface Registry {
  /** Every tag of the repository. Throws with a reason that can be shown. */
  tags(host: string, repository: string): Promise<string[]>;
  /** Digest of the tag's manifest (of the list, where it is for several platforms); undefined where the tag is not there. */
  digest(host: string, repository: string, tag: string): Promise<string | undefined>;
}

/** Of 1000 tags each: Docker Hub's largest have about ten. */
const pages = 60;
const manifests = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

export const registryAddress = (host: string) => `https://${host === "docker.io" ? "registry-1.docker.io" : host}`;

/** A reason in words for what `fetch` throws. */
export function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string } };
  if (name === "TimeoutError") return "no answer in time";
  const codes: Record<string, string> = {
    ENOTFOUND: "its name cannot be resolved",
    EAI_AGAIN: "its name cannot be resolved now",
    ECONNREFUSED: "nothing listens there",
  };
  return cause?.code ? (codes[cause.code] ?? cause.code) : message;
}

export function createRegistry({ addressOf = registryAddress, milliseconds = 20_000 }: RegistryOptions = {}): Registry {
  const tokens = new Map<string, string>();

  async function get(url: URL, init: RequestInit = {}): Promise<Response> {
    return fetch(url, { ...init, signal: AbortSignal.timeout(milliseconds) });
  }

  /** Where the registry sends us for a token: only over TLS, unless the registry itself is asked without. */
  async function token(challenge: string, asked: URL, scope: string): Promise<string> {
    const fields = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map((found) => [found[1], found[2]]));
    if (!/^Bearer /i.test(challenge) || !fields["realm"]) throw new Error("it wants a login");
    const realm = new URL(fields["realm"]);
    if (realm.protocol !== "https:" && realm.protocol !== asked.protocol) throw new Error("it sends for a token to an address without TLS");
    if (fields["service"]) realm.searchParams.set("service", fields["service"]);
    realm.searchParams.set("scope", scope);
    const answer = await get(realm);
    if (!answer.ok) throw new Error(`it gives no anonymous token (HTTP ${answer.status})`);
    const { token: given, access_token } = (await answer.json()) as { token?: string; access_token?: string };
    const found = given ?? access_token;
    if (!found) throw new Error("it gives no anonymous token");
    return found;
  }

  async function ask(host: string, repository: string, url: URL, init: RequestInit = {}): Promise<Response> {
    const place = `${host}/${repository}`;
    const send = () => {
      const held = tokens.get(place);
      return get(url, { ...init, headers: { ...init.headers, ...(held ? { authorization: `Bearer ${held}` } : {}) } });
    };
    const answer = await send();
    if (answer.status !== 401) return answer;
    await answer.body?.cancel();
    tokens.set(place, await token(answer.headers.get("www-authenticate") ?? "", url, `repository:${repository}:pull`));
    return send();
  }

  return {
    async tags(host, repository) {
      const base = addressOf(host);
      const found: string[] = [];
      let next: URL | undefined = new URL(`/v2/${repository}/tags/list?n=1000`, base);
      for (let page = 0; next; page += 1) {
        if (page >= pages) throw new Error(`it has more than ${pages * 1000} tags`);
        const answer: Response = await ask(host, repository, next);
        if (answer.status === 404) throw new Error("it does not know this image");
        if (answer.status === 429) throw new Error("it wants to be asked less often: try again in an hour");
        if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
        const { tags } = (await answer.json()) as { tags?: string[] | null };
        found.push(...(tags ?? []));
        const link: string | undefined = /<([^>]*)>;\s*rel="?next"?/.exec(answer.headers.get("link") ?? "")?.[1];
        const following: URL | undefined = link ? new URL(link, next) : undefined;
        // a next page elsewhere would be asked with our token
        next = following?.origin === next.origin ? following : undefined;
      }
      return found;
    },

    async digest(host, repository, tag) {
      const url = new URL(`/v2/${repository}/manifests/${tag}`, addressOf(host));
      const answer = await ask(host, repository, url, { method: "HEAD", headers: { accept: manifests } });
      const digest = answer.ok ? answer.headers.get("docker-content-digest") : undefined;
      return digest && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : undefined;
    },
  };
}
