/**
 * The keys of Traefik 3's files that ours may use, as its documentation names them: one unknown key makes Traefik drop a whole dynamic
 * file, or not start. `true` ends a branch, `*` stands for any name, `[]` for each entry of a list.
 */
export type Keys = true | { [key: string]: Keys };

export const staticKeys: Keys = {
  global: { checkNewVersion: true, sendAnonymousUsage: true },
  log: { level: true, format: true },
  entryPoints: {
    "*": {
      address: true,
      http: {
        redirections: { entryPoint: { to: true, scheme: true, permanent: true } },
        tls: {},
        middlewares: { "[]": true },
      },
      transport: { respondingTimeouts: { readTimeout: true, writeTimeout: true, idleTimeout: true } },
    },
  },
  ping: { entryPoint: true },
  metrics: { prometheus: { entryPoint: true, addEntryPointsLabels: true, addRoutersLabels: true, addServicesLabels: true } },
  providers: { file: { directory: true, watch: true } },
  certificatesResolvers: { "*": { acme: { email: true, storage: true, keyType: true, httpChallenge: { entryPoint: true } } } },
};

export const dynamicKeys: Keys = {
  http: {
    routers: {
      "*": {
        rule: true,
        priority: true,
        entryPoints: { "[]": true },
        middlewares: { "[]": true },
        service: true,
        tls: { certResolver: true },
      },
    },
    middlewares: {
      "*": {
        headers: {
          stsSeconds: true,
          contentTypeNosniff: true,
          customFrameOptionsValue: true,
          referrerPolicy: true,
          permissionsPolicy: true,
          customResponseHeaders: { "*": true },
          customRequestHeaders: { "*": true },
        },
        buffering: { maxRequestBodyBytes: true, memRequestBodyBytes: true },
        ipAllowList: { sourceRange: { "[]": true } },
        forwardAuth: { address: true, trustForwardHeader: true, authRequestHeaders: { "[]": true } },
        chain: { middlewares: { "[]": true } },
      },
    },
    services: {
      "*": {
        loadBalancer: { servers: { "[]": { url: true } }, passHostHeader: true, responseForwarding: { flushInterval: true } },
      },
    },
  },
  tls: {
    options: { "*": { minVersion: true, sniStrict: true } },
    certificates: { "[]": { certFile: true, keyFile: true } },
  },
};

/** Paths of what stands in `value` and not in `keys`. */
export function unknownKeys(value: unknown, keys: Keys, path = ""): string[] {
  if (keys === true) return typeof value === "object" && value !== null ? [`${path}: more than a value`] : [];
  if (Array.isArray(value))
    return value.flatMap((each, n) => (keys["[]"] ? unknownKeys(each, keys["[]"], `${path}[${n}]`) : [`${path}[${n}]`]));
  if (typeof value !== "object" || value === null) return [`${path}: no mapping`];
  return Object.entries(value).flatMap(([key, child]) => {
    const known = keys[key] ?? keys["*"];
    return known === undefined ? [`${path}.${key}`] : unknownKeys(child, known, `${path}.${key}`);
  });
}
