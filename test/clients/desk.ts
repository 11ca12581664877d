/** A program on somebody's desk that signs its person in: registers itself, opens a browser that follows every redirect, and keeps its tokens. */
import { randomUUID } from "node:crypto";
import type { OAuthClientProvider } from "@modelcontextprotocol/client";

const callback = "http://127.0.0.1:9/callback";

/** Where the browser was sent at last, which is the program's own address: nothing is fetched there. */
async function browse(first: URL): Promise<URL> {
  const jar = new Map<string, string>();
  let url = first;
  for (let hops = 0; hops < 20; hops++) {
    if (url.href.startsWith(callback)) return url;
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { redirect: "manual", headers: { cookie } });
    for (const set of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      jar.set(name, value);
    }
    const next = answer.headers.get("location");
    if (!next) throw new Error(`${url.pathname} answered ${answer.status}: ${await answer.text()}`);
    url = new URL(next, url);
  }
  throw new Error("too many redirects");
}

export interface Desk extends OAuthClientProvider {
  /** Where the person came back to, with the code. */
  readonly landed: URL | undefined;
  readonly asked: URL | undefined;
}

export function createDesk(): Desk {
  const kept: {
    client?: Awaited<ReturnType<OAuthClientProvider["clientInformation"]>>;
    tokens?: Awaited<ReturnType<OAuthClientProvider["tokens"]>>;
    discovery?: Parameters<NonNullable<OAuthClientProvider["saveDiscoveryState"]>>[0];
    verifier?: string;
    landed?: URL;
    asked?: URL;
  } = {};
  return {
    redirectUrl: callback,
    clientMetadata: {
      client_name: "A desk",
      redirect_uris: [callback],
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    },
    state: () => randomUUID(),
    clientInformation: () => kept.client,
    saveClientInformation(client) {
      kept.client = client;
    },
    tokens: () => kept.tokens,
    saveTokens(tokens) {
      kept.tokens = tokens;
    },
    discoveryState: () => kept.discovery,
    saveDiscoveryState(state) {
      kept.discovery = state;
    },
    saveCodeVerifier(verifier) {
      kept.verifier = verifier;
    },
    codeVerifier: () => kept.verifier ?? "",
    async redirectToAuthorization(url) {
      kept.asked = url;
      kept.landed = await browse(url);
    },
    get landed() {
      return kept.landed;
    },
    get asked() {
      return kept.asked;
    },
  };
}
