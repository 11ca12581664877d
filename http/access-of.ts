/** The settings of who may come in, as the app takes them. */
import type { AccessKeys } from "../core/access-keys.ts";
import type { Links } from "../core/links.ts";
import type { Log } from "../core/log.ts";
import type { Access } from "./access.ts";
import { createOidc } from "./oidc.ts";
import { createOpenWebUiUsers } from "./openwebui-user.ts";

export interface AccessSettings {
  key?: string;
  /** True where only this machine can connect. */
  loopback: boolean;
  allowedHosts: readonly string[];
  publicUrl?: string;
  oidc?: { issuer: string; audience: string; jwksUrl?: string };
  openWebUiUserSecret?: string;
}

export function accessOf(set: AccessSettings, { keys, links, log }: { keys: AccessKeys; links: Links; log: Log }): Access {
  const { key, loopback, allowedHosts: hosts, publicUrl, oidc, openWebUiUserSecret: secret } = set;
  return {
    ...{ hosts, keys, links },
    ...(key !== undefined ? { key } : {}),
    ...(publicUrl !== undefined ? { publicUrl } : {}),
    ...(oidc
      ? {
          oidc: createOidc({ ...oidc, log }),
          resource: { issuer: oidc.issuer, audience: oidc.audience, ...(publicUrl !== undefined ? { publicUrl } : {}) },
        }
      : {}),
    ...(secret !== undefined ? { openWebUi: createOpenWebUiUsers(secret) } : {}),
    // behind a proxy on this machine everybody looks near
    ...(loopback ? {} : { keyless: false }),
  };
}
