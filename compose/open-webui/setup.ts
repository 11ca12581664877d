/**
 * The service `open-webui-setup`: puts our function and the MCP connection into the Open WebUI beside it, with an access key of its own.
 * Runs with every `up`: what is there and works stays, so that no key is made twice.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Connection } from "./connection.ts";
import { OpenWebUiAdmin } from "./open-webui-admin.ts";
import { keyFor, studioKeys } from "./studio-keys.ts";

/** Words for the person who reads the service's log. */
const say = (text: string) => void process.stderr.write(`${text}\n`);

/** NAME, or the text of the file that NAME_FILE names. */
function given(name: string): string {
  const file = process.env[`${name}_FILE`];
  const text = file ? readFileSync(file, "utf8").trim() : process.env[name];
  if (!text) throw new Error(`${name}_FILE names no file with a secret in it; run npm run compose:init.`);
  return text;
}

/** The installer in a process of its own: secrets in its environment, not on its command line. */
async function install(env: Record<string, string>, flags: string[]): Promise<number> {
  const suffix = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const installer = join(fileURLToPath(import.meta.url), `../../../scripts/openwebui-install.${suffix}`);
  const child = spawn(process.execPath, [...process.execArgv, installer, ...flags], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
  return new Promise((resolve, reject) => child.once("error", reject).once("close", (code) => resolve(code ?? 1)));
}

async function main(): Promise<number> {
  const server = given("MYSPINBOT_URL");
  const web = new OpenWebUiAdmin(new Connection(given("OPENWEBUI_URL"), "Open WebUI"));
  await web.signIn(given("OPENWEBUI_EMAIL"), given("OPENWEBUI_PASSWORD"));
  const key = await keyFor(studioKeys(new Connection(server, "the studio"), given("MYSPINBOT_KEY")), await web.installedKey());
  const code = await install({ OPENWEBUI_KEY: web.token, MYSPINBOT_KEY: key, OPENWEBUI_USER_SECRET: given("OPENWEBUI_USER_SECRET") }, [
    "--url",
    given("OPENWEBUI_URL"),
    "--server",
    server,
  ]);
  if (code !== 0) return code;
  say(`${await web.connectTools({ url: `${server}/mcp`, key })} the MCP connection myspinbot`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  say((error as Error).message);
  process.exitCode = 1;
}
