/** Access keys from outside, over the data folder's socket or with an admin key. Loads neither Hono nor anything of the server. */
import type { AccessKeyView, KeysClient } from "../core/client.ts";
import { askJson, type Where } from "./connection.ts";

export function createKeysClient(where: Where): KeysClient {
  return {
    create: (wish) => askJson(where, { method: "POST", path: "/v1/keys", body: JSON.stringify(wish) }),
    list: async () => (await askJson<{ keys: AccessKeyView[] }>(where, { method: "GET", path: "/v1/keys" })).keys,
    revoke: async (id) =>
      (await askJson<{ key: AccessKeyView }>(where, { method: "DELETE", path: `/v1/keys/${encodeURIComponent(id)}` })).key,
  };
}
