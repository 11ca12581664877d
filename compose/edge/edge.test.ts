/** Traefik's files as text (it is not run here): known keys, everything named exists, admin pages guarded, streams left alone. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { dynamicKeys, staticKeys, unknownKeys } from "./testing/keys.ts";

interface Router {
  rule: string;
  entryPoints: string[];
  middlewares?: string[];
  service: string;
  priority?: number;
  tls: { certResolver: string };
}
const here = import.meta.dirname;
const text = (name: string) => readFileSync(join(here, name), "utf8");
const env: Record<string, string> = {
  EDGE_DOMAIN: "home.example.org",
  EDGE_CERT_RESOLVER: "acme",
  EDGE_AUTH_URL: "http://edge-auth:9465/verify",
};
/** What Traefik's templates make of it; ours use `env` alone. */
const rendered = (source: string) => source.replace(/\{\{ env "(\w+)" \}\}/g, (_, name: string) => env[name] ?? `no ${name}`);
const files = readdirSync(join(here, "dynamic")).sort();
const dynamic = files.map((name) => [name, parse(rendered(text(`dynamic/${name}`))) as Record<string, Record<string, unknown>>] as const);
const http = <T>(part: string) => Object.assign({}, ...dynamic.map(([, file]) => file["http"]?.[part] ?? {})) as Record<string, T>;
const fixed = parse(text("traefik.yml")) as {
  entryPoints: Record<string, { address: string; http?: { middlewares?: string[]; redirections?: { entryPoint: { to: string } } } }>;
  certificatesResolvers: Record<string, { acme: { httpChallenge: { entryPoint: string } } }>;
  ping: { entryPoint: string };
  metrics: { prometheus: { entryPoint: string } };
  [key: string]: unknown;
};
const routers = http<Router>("routers");
const middlewares = http<Record<string, Record<string, unknown>>>("middlewares");
const services = http<{ loadBalancer: { servers: { url: string }[] } }>("services");
/** Middlewares of a router with those of its chains, and of its entry point. */
const reach = (name: string): string[] => [
  name,
  ...((middlewares[name]?.["chain"]?.["middlewares"] as string[] | undefined) ?? []).flatMap(reach),
];
const onWay = (router: Router) => (router.middlewares ?? []).flatMap(reach);

const folder = mkdtempSync(join(tmpdir(), "edge-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("keys", () => {
  it("are all known to Traefik 3", () => {
    expect(unknownKeys(fixed, staticKeys)).toEqual([]);
    for (const [name, file] of dynamic) expect([name, unknownKeys(file, dynamicKeys)]).toEqual([name, []]);
  });

  it("would be found if they were not", () => {
    expect(unknownKeys({ http: { routers: { a: { rule: "", entrypoints: [] } }, services: [] } }, dynamicKeys)).toEqual([
      ".http.routers.a.entrypoints",
    ]);
    expect(unknownKeys({ log: "INFO", api: {} }, staticKeys)).toEqual([".log: no mapping", ".api"]);
  });

  it("take from the environment only what start.sh and compose know", () => {
    for (const name of files) expect(rendered(text(`dynamic/${name}`))).not.toMatch(/\{\{|no [A-Z_]+/);
  });
});

describe("routers", () => {
  it("name entry points, services, middlewares and resolvers that exist, and each name once", () => {
    const all = dynamic.flatMap(([, file]) => Object.values(file["http"] ?? {}).flatMap((part) => Object.keys(part as object)));
    // a service may have the name of its router
    expect(all.length).toBe(Object.keys(routers).length + Object.keys(middlewares).length + Object.keys(services).length);
    for (const [name, router] of Object.entries(routers)) {
      expect([name, router.service in services]).toEqual([name, true]);
      expect([name, router.entryPoints]).toEqual([name, ["websecure"]]);
      expect([name, onWay(router).filter((each) => !(each in middlewares))]).toEqual([name, []]);
      expect([name, router.tls.certResolver in fixed.certificatesResolvers]).toEqual([name, true]);
    }
    for (const name of Object.keys(services)) expect(Object.values(routers).some((router) => router.service === name)).toBe(true);
    for (const point of [
      fixed.ping.entryPoint,
      fixed.metrics.prometheus.entryPoint,
      fixed.certificatesResolvers["acme"]?.acme.httpChallenge.entryPoint,
    ])
      expect(fixed.entryPoints).toHaveProperty(point ?? "none");
    for (const global of fixed.entryPoints["websecure"]?.http?.middlewares ?? [])
      expect(middlewares).toHaveProperty(global.replace("@file", ""));
  });

  it("go to the ports of the stack's services", () => {
    expect(
      Object.values(services)
        .map(({ loadBalancer }) => loadBalancer.servers[0]?.url)
        .sort(),
    ).toEqual([
      "http://alertmanager:9093",
      "http://grafana:3000",
      "http://keycloak:8080",
      "http://open-webui:8080",
      "http://prometheus:9090",
      "http://server:4417",
    ]);
  });

  it("have a rule that Traefik 3 reads: matchers of one value each, in backticks", () => {
    for (const { rule } of Object.values(routers)) {
      const bare = rule.replace(/\b(Host|PathPrefix|Path|Method)\(`[^`,]+`\)/g, "X").replace(/[()\s]/g, "");
      expect([rule, bare]).toEqual([rule, expect.stringMatching(/^X((&&|\|\|)X)*$/)]);
      expect(rule).toMatch(/Host\(`[a-z]+\.home\.example\.org`\)/);
    }
  });
});

describe("ways in", () => {
  it("are HTTPS alone: port 80 sends on, the port of metrics has no router", () => {
    expect(fixed.entryPoints["web"]?.http?.redirections?.entryPoint.to).toBe("websecure");
    expect(Object.values(routers).flatMap((router) => router.entryPoints)).not.toContain("metrics");
    expect(fixed).not.toHaveProperty("api");
    expect(fixed["providers"]).toEqual({ file: { directory: "/etc/traefik/dynamic", watch: true } });
  });

  it("write no addresses down: that of a signed link is a secret", () => {
    expect(fixed).not.toHaveProperty("accessLog");
  });

  it("ask for an admin's key before Grafana, Prometheus and Alertmanager, at home alone, and keep it from them", () => {
    for (const service of ["grafana", "prometheus", "alertmanager"])
      for (const router of Object.values(routers).filter((each) => each.service === service))
        expect(onWay(router)).toEqual(["admin", "home-network", "admin-auth", "without-key", "page-headers"]);
    expect(middlewares["admin-auth"]?.["forwardAuth"]).toMatchObject({ address: env["EDGE_AUTH_URL"], trustForwardHeader: false });
    expect(middlewares["without-key"]?.["headers"]?.["customRequestHeaders"]).toEqual({ Authorization: "" });
    expect(routers["login-admin"]?.middlewares).toEqual(["home-network"]);
  });

  it("show people the realm that is theirs from anywhere, and Keycloak's administrators' realm and pages to the home network alone", () => {
    const takes = (path: string) =>
      Object.entries(routers)
        .filter(
          ([, { service, rule }]) =>
            service === "keycloak" && [...rule.matchAll(/PathPrefix\(`([^`]+)`\)/g)].some(([, prefix = ""]) => path.startsWith(prefix)),
        )
        .sort(([, one], [, other]) => (other.priority ?? other.rule.length) - (one.priority ?? one.rule.length))
        .map(([name]) => name)[0];
    for (const path of [
      "/realms/home/protocol/openid-connect/auth",
      "/realms/home/.well-known/openid-configuration",
      "/resources/x/login.css",
    ])
      expect([path, takes(path)]).toEqual([path, "login"]);
    for (const path of ["/realms/master/protocol/openid-connect/token", "/realms/homes", "/admin/master/console/"])
      expect([path, takes(path)]).toEqual([path, "login-admin"]);
    expect([takes("/metrics"), takes("/")]).toEqual([undefined, undefined]);
    expect(routers["login"]?.middlewares).toBeUndefined();
  });

  it("have the security headers on every answer, and those of pages on all but the studio's, which are stricter", () => {
    expect(fixed.entryPoints["websecure"]?.http?.middlewares).toEqual(["security-headers@file"]);
    expect(middlewares["security-headers"]?.["headers"]).toMatchObject({ stsSeconds: 15_552_000, contentTypeNosniff: true });
    expect(middlewares["page-headers"]?.["headers"]).toMatchObject({ customFrameOptionsValue: "SAMEORIGIN" });
    const framed = ["grafana", "prometheus", "alertmanager", "open-webui"];
    for (const router of Object.values(routers)) expect(onWay(router).includes("page-headers")).toBe(framed.includes(router.service));
  });

  it("buffer uploads to the chat, which limits them, and no answer that streams", () => {
    const buffered = Object.values(routers).filter((router) =>
      onWay(router).some((name) => middlewares[name]?.["buffering"] || middlewares[name]?.["compress"]),
    );
    expect(buffered.map((router) => router.rule)).toEqual([
      "Host(`chat.home.example.org`) && PathPrefix(`/api/v1/files`) && Method(`POST`)",
    ]);
    const timeouts = (fixed.entryPoints["websecure"] as unknown as { transport: { respondingTimeouts: Record<string, string> } }).transport
      .respondingTimeouts;
    expect(timeouts).toMatchObject({ readTimeout: "30m", writeTimeout: "0s" });
  });
});

describe("start.sh", () => {
  const bin = join(folder, "bin");
  const start = (settings: Record<string, string>) => {
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, "traefik"), '#!/bin/sh\necho "$@"; grep email: $TMPDIR/traefik.yml\n', { mode: 0o755 });
    const { status, stdout, stderr } = spawnSync("sh", [join(here, "start.sh")], {
      env: { PATH: `${bin}:${process.env["PATH"]}`, TMPDIR: folder, TRAEFIK_FILE: join(here, "traefik.yml"), ...settings },
      encoding: "utf8",
    });
    return { status, said: `${stdout}${stderr}` };
  };

  it("puts the mail address in, and starts Traefik with the file", () => {
    const { status, said } = start({ EDGE_DOMAIN: "home.example.org", EDGE_CERT_RESOLVER: "acme", ACME_EMAIL: "me@example.org" });
    expect([status, said]).toEqual([0, expect.stringMatching(/--configFile=\S+\/traefik\.yml\n\s+email: "me@example\.org"/)]);
  });

  it.each([
    ["no domain", { EDGE_CERT_RESOLVER: "acme", ACME_EMAIL: "me@example.org" }, /EDGE_DOMAIN/],
    ["ACME without a mail address", { EDGE_DOMAIN: "a.org", EDGE_CERT_RESOLVER: "acme" }, /ACME_EMAIL/],
    [
      "a mail address with something in it",
      { EDGE_DOMAIN: "a.org", EDGE_CERT_RESOLVER: "acme", ACME_EMAIL: 'a"|b' },
      /no plain mail address/,
    ],
    ["no certificate", { EDGE_DOMAIN: "a.org" }, /lan-ca\.sh a\.org/],
    ["an unknown way", { EDGE_DOMAIN: "a.org", EDGE_CERT_RESOLVER: "manual" }, /acme, or empty/],
  ])("refuses %s, and says what to do", (_, settings, said) => {
    expect(start(settings as Record<string, string>)).toEqual({
      status: expect.toSatisfy((status: number) => status !== 0),
      said: expect.stringMatching(said),
    });
  });
});

describe.runIf(spawnSync("openssl", ["version"]).status === 0)("lan-ca.sh", () => {
  const [ca, certs] = [join(folder, "ca"), join(folder, "certs")];
  const make = (...names: string[]) =>
    spawnSync(join(here, "lan-ca.sh"), names, { env: { ...process.env, EDGE_CA_FOLDER: ca, EDGE_CERTS_FOLDER: certs }, encoding: "utf8" });
  const shown = (...args: string[]) => execFileSync("openssl", args, { encoding: "utf8" });

  it("makes an authority and a certificate for every name below the domain, readable by their owner alone", () => {
    expect(make("home.example.org", "studio.lan.home.example.org", "192.168.1.5")).toMatchObject({ status: 0 });
    for (const file of [join(ca, "ca.key"), join(certs, "studio.key")]) expect(statSync(file).mode & 0o777).toBe(0o600);
    const crt = join(certs, "studio.crt");
    expect(shown("verify", "-CAfile", join(ca, "ca.crt"), "-verify_hostname", "chat.home.example.org", crt)).toMatch(/OK/);
    expect(shown("verify", "-CAfile", join(ca, "ca.crt"), "-verify_ip", "192.168.1.5", crt)).toMatch(/OK/);
  });

  it("keeps the authority when it is run again, and makes a new certificate", () => {
    const [before, old] = [readFileSync(join(ca, "ca.crt"), "utf8"), readFileSync(join(certs, "studio.crt"), "utf8")];
    expect(make("home.example.org")).toMatchObject({ status: 0 });
    expect(readFileSync(join(ca, "ca.crt"), "utf8")).toBe(before);
    expect(readFileSync(join(certs, "studio.crt"), "utf8")).not.toBe(old);
  });

  it("makes an authority that cannot vouch for other domains, and keeps the certificate that works", () => {
    const old = readFileSync(join(certs, "studio.crt"), "utf8");
    expect(make("example.net")).toMatchObject({ status: 1, stderr: expect.stringContaining("made for another domain") });
    expect(readFileSync(join(certs, "studio.crt"), "utf8")).toBe(old);
  });

  it.each([["no name"], ["Home.Example.org"], ["a b"], ["../x"]])("refuses %s as a domain", (name) => {
    expect(make(...(name === "no name" ? [] : [name])).status).toBe(2);
  });
});
