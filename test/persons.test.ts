/** Persons of an identity provider and of Open WebUI in the whole product: each makes jobs of their own. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { JobView } from "../core/view.ts";
import { createKeysClient } from "../http/keys-client.ts";
import { audience, type Provider, startProvider, userSecret, userToken } from "../http/testing/tokens.ts";
import { type Product, startProduct } from "./setup/product.ts";

const adminKey = "persons-admin-key-012345";
let provider: Provider;
let product: Product;
beforeAll(async () => {
  provider = await startProvider();
  product = await startProduct({
    MYSPINBOT_KEY: adminKey,
    OPENWEBUI_USER_SECRET: userSecret,
    OIDC_ISSUER: provider.issuer,
    OIDC_AUDIENCE: audience,
  });
}, 60_000);
afterAll(async () => {
  await product?.close();
  await provider?.close();
});

async function ask(headers: Record<string, string>, path: string, body?: object): Promise<{ status: number; text: string }> {
  const sent = body ? { method: "POST", body: JSON.stringify(body) } : {};
  const response = await fetch(product.url + path, { headers: { ...headers, "content-type": "application/json" }, ...sent });
  return { status: response.status, text: await response.text() };
}
const titles = async (headers: Record<string, string>) =>
  (JSON.parse((await ask(headers, "/v1/jobs")).text) as { jobs: JobView[] }).jobs.map(({ input }) => input["prompt"]);

it("have their own jobs under one key, or by their own token, and the key has none of them", async () => {
  const { secret } = await createKeysClient({ url: product.url, key: adminKey }).create({
    name: "open-webui",
    scopes: ["act-as", "jobs:read", "jobs:write"],
  });
  const pipe = { authorization: `Bearer ${secret}` };
  const person = async (sub: string) => ({ ...pipe, "x-openwebui-user-jwt": await userToken({ sub }) });
  const [june, kai] = [await person("june"), await person("kai")];
  const token = { authorization: `Bearer ${await provider.sign()}` };
  for (const [who, prompt] of [
    [june, "a fox"],
    [kai, "a hare"],
    [token, "an owl"],
  ] as const)
    expect((await ask(who, "/v1/jobs", { tool: "render_image", input: { prompt } })).status).toBe(202);
  expect([await titles(june), await titles(kai), await titles(token), await titles(pipe)]).toEqual([["a fox"], ["a hare"], ["an owl"], []]);

  // what is owed to a person is delivered by whoever may act for them, and seen by nobody else
  const { jobs } = JSON.parse((await ask(june, "/v1/jobs")).text) as { jobs: JobView[] };
  await ask(june, "/v1/deliveries", { job: jobs[0]?.id, conversation: "c", message: "m" });
  const owed = async (who: Record<string, string>) =>
    (JSON.parse((await ask(who, "/v1/deliveries")).text) as { deliveries: unknown[] }).deliveries.length;
  expect([await owed(june), await owed(kai), await owed(pipe)]).toEqual([1, 0, 1]);

  const forged = { ...pipe, "x-openwebui-user-jwt": await userToken({ sub: "june" }, { secret: "another-secret-that-is-long-enough" }) };
  expect((await ask(forged, "/v1/jobs")).status).toBe(401);
  const rows = JSON.stringify(await createKeysClient({ url: product.url, key: adminKey }).list());
  expect(rows).not.toContain(secret.slice(-43));
  expect((await ask(june, "/v1/status")).status).toBe(403);
});
