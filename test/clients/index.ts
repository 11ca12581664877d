/** `npm run clients`: real clients of others list the tools, make a picture, wait and fetch it; prints what each showed. A part of a name as argument runs those alone. */
import { freePort } from "../../platform/bullmq/testing/redis-server.ts";
import { createChecks } from "../harness/checks.ts";
import { build, main, makeProduct } from "../harness/product.ts";
import { robot, startAuthorizationServer } from "./authorization-server.ts";
import { hostChecks } from "./hosts.ts";
import { inspectorClients } from "./inspector.ts";
import { mcpoClients } from "./mcpo.ts";
import { openWebUiClients } from "./open-webui.ts";
import { pythonClients, pythonOauthClients } from "./python.ts";
import { sdkClients } from "./sdk.ts";
import { type Seen, type Studio, table } from "./seen.ts";

const key = "a-key-for-this-run-only";
const only = process.argv[2]?.toLowerCase();
const wanted = (name: string) => !only || name.toLowerCase().includes(only);

if (!process.env["E2E_NO_BUILD"]) build();
const checks = createChecks();
const port = await freePort();
const product = await makeProduct("clients", { MYSPINBOT_KEY: key, MYSPINBOT_PORT: `${port}` });
const all: Seen[] = [];

async function each(clients: readonly [string, (studio: Studio) => Promise<Seen>][], studio: Studio): Promise<void> {
  for (const [name, use] of clients) {
    if (!wanted(name)) continue;
    await checks.scene(name, async () => {
      const seen = await use(studio);
      all.push(seen);
      checks.check("lists the tools", seen.tools > 5, seen.tools);
      checks.check("shows the text, which is enough alone, and a picture", seen.shown.text && seen.shown.image, seen.shown);
      checks.check("the file is had whole", seen.file.sha256 === seen.file.wanted, seen.file);
    });
  }
}

/** A studio that knows an authorization server, and clients that know only the studio. */
async function withOauth(): Promise<void> {
  if (!pythonOauthClients.some(([name]) => wanted(name))) return;
  const [server, port] = [await startAuthorizationServer(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const set = { MYSPINBOT_PORT: `${port}`, OIDC_ISSUER: server.issuer, OIDC_AUDIENCE: `${url}/mcp` };
  const guarded = await makeProduct("clients-oauth", set);
  try {
    await guarded.start();
    const token = await server.token({ scope: "jobs:read jobs:write", resource: `${url}/mcp` });
    const stdio = { command: process.execPath, args: [main, "mcp"], env: guarded.env };
    await each(pythonOauthClients, { url, key: token, oauth: robot, stdio });
  } finally {
    await guarded.end();
    await server.close();
  }
}

try {
  await product.start();
  const stdio = { command: process.execPath, args: [main, "mcp"], env: product.env };
  const studio: Studio = { url: `http://127.0.0.1:${port}`, key, stdio };
  await each([...sdkClients, ...pythonClients, ...inspectorClients, ...mcpoClients, ...openWebUiClients], studio);
  if (wanted("host")) await checks.scene("Names of the studio", () => hostChecks(checks, studio));
  await withOauth();
  checks.note(`\n${table(all)}\n`);
} finally {
  await product.end();
}
process.exit(checks.end());
