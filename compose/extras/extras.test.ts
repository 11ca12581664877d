/** The less tested parts, as text: Keycloak's realm fits what the studio checks of a token, Loki keeps two weeks, Alloy's parts are joined. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { scopes } from "../../core/scope.ts";

const text = (name: string) => readFileSync(join(import.meta.dirname, name), "utf8");

interface Mapper {
  name: string;
  protocolMapper: string;
  config: Record<string, string>;
}
const realm = JSON.parse(text("keycloak/home-realm.json")) as {
  realm: string;
  defaultSignatureAlgorithm: string;
  accessTokenLifespan: number;
  clientScopes: { name: string; attributes: Record<string, string>; protocolMappers: Mapper[] }[];
  defaultDefaultClientScopes: string[];
  clients: Record<string, unknown>[];
  users: unknown[];
};
const scope = (name: string) => realm.clientScopes.find((each) => each.name === name);
const client = realm.clients[0] as { defaultClientScopes: string[]; optionalClientScopes: string[]; redirectUris: string[] };

describe("Keycloak's realm", () => {
  it("gives the scopes that people may have, and neither admin nor act-as", () => {
    const given = realm.clientScopes.map((each) => each.name).filter((name) => (scopes as readonly string[]).includes(name));
    expect(given.sort()).toEqual(scopes.filter((each) => each !== "admin" && each !== "act-as").sort());
    for (const name of given) expect(scope(name)?.attributes["include.in.token.scope"]).toBe("true");
  });

  it("writes the studio's audience into every access token, from the setting that the studio has too", () => {
    const [mapper] = scope("studio-audience")?.protocolMappers ?? [];
    expect(mapper).toMatchObject({
      protocolMapper: "oidc-audience-mapper",
      config: { "included.custom.audience": "$" + "{STUDIO_AUDIENCE}", "access.token.claim": "true" },
    });
    expect(client.defaultClientScopes).toEqual(expect.arrayContaining(["studio-audience", "jobs:read", "jobs:write"]));
  });

  it("writes the subject: scopes of our own replace the built-in ones, that of the subject included", () => {
    expect(scope("basic")?.protocolMappers[0]).toMatchObject({
      protocolMapper: "oidc-sub-mapper",
      config: { "access.token.claim": "true" },
    });
    expect(client.defaultClientScopes).toContain("basic");
    expect(realm.defaultDefaultClientScopes).toContain("basic");
  });

  it("names only scopes that it has", () => {
    for (const name of [...realm.defaultDefaultClientScopes, ...client.defaultClientScopes, ...client.optionalClientScopes])
      expect([name, scope(name) !== undefined]).toEqual([name, true]);
  });

  it("signs by an algorithm that the studio takes, for minutes", () => {
    expect(realm.defaultSignatureAlgorithm).toBe("ES256");
    expect(realm.accessTokenLifespan).toBeLessThanOrEqual(600);
  });

  it("holds no person, no password and no secret, and a client that needs PKCE and a yes", () => {
    expect(realm.users).toEqual([]);
    expect(text("keycloak/home-realm.json")).not.toMatch(/"secret"|"credentials"/);
    expect(client).toMatchObject({
      ...{ publicClient: true, consentRequired: true, implicitFlowEnabled: false, directAccessGrantsEnabled: false },
      attributes: { "pkce.code.challenge.method": "S256" },
      redirectUris: ["http://127.0.0.1/*", "http://localhost/*"],
    });
  });
});

describe("logs", () => {
  it("are kept by Loki for two weeks, on its own folder, and nothing is reported", () => {
    expect(parse(text("loki/loki.yml"))).toMatchObject({
      limits_config: { retention_period: "336h" },
      compactor: { retention_enabled: true, delete_request_store: "filesystem" },
      schema_config: { configs: [{ store: "tsdb", schema: "v13", index: { period: "24h" } }] },
      analytics: { reporting_enabled: false },
    });
  });

  it("reach it through Alloy, whose parts are joined, without the engine's socket", () => {
    const config = text("alloy/config.alloy").replace(/^\s*\/\/.*$/gm, "");
    const parts = [...config.matchAll(/^([a-z._]+) "(\w+)" \{/gm)].map((found) => `${found[1]}.${found[2]}`);
    expect(parts).toEqual(["local.file_match.containers", "loki.source.file.containers", "loki.process.containers", "loki.write.here"]);
    for (const [, used = ""] of config.matchAll(/([a-z_]+\.[a-z_.]+)\.(?:targets|receiver)\b/g)) expect(parts).toContain(used);
    expect(config.split("{").length).toBe(config.split("}").length);
    expect(config).not.toMatch(/docker\.sock/);
    expect(config).toContain("http://loki:3100/loki/api/v1/push");
  });
});
