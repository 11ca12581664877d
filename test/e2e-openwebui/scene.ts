/** What every scene plays on: the product, Open WebUI with the function in it, and its people. */
import { join } from "node:path";
import type { JobView } from "../../core/view.ts";
import { freePort } from "../../platform/bullmq/testing/redis-server.ts";
import { fixturesFlag } from "../fixtures/index.ts";
import type { Checks } from "../harness/checks.ts";
import { command, makeProduct, type Product, root, startEngine, until } from "../harness/product.ts";
import { admin, installed, makeOpenWebUi, type OpenWebUi } from "./open-webui.ts";
import { type Person, person } from "./person.ts";

export interface Stage {
  checks: Checks;
  product: Product;
  web: OpenWebUi;
  /** Address of the product. */
  server: string;
  admin: Person;
  anna: Person;
  ben: Person;
  /** Our installer, as a person runs it. */
  install(...args: string[]): Promise<{ status: number | string | null; stdout: string; stderr: string }>;
  /** Jobs of a chat, oldest first. */
  jobs(chat: string): Promise<JobView[]>;
  /** When a job of the chat is being worked on. */
  running(chat: string): Promise<JobView>;
  ended(id: string): Promise<JobView>;
  deliveries(): Promise<{ id: string; job_id: string; state: string; attempts: number; error?: string }[]>;
  end(): Promise<void>;
}

export const serverKey = "a-key-for-this-run-only";
export const userSecret = "a-secret-for-this-run-only-of-32-characters";
const stepMs = 150;

/** Over the product's own TCP port, with the key that the function has. */
async function ask(url: string, path: string): Promise<unknown> {
  const answer = await fetch(url + path, { headers: { authorization: `Bearer ${serverKey}` } });
  if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Our installer is a process of its own: meanwhile this one must hear that a kept connection was closed. */
function installerOf({ url }: OpenWebUi): Stage["install"] {
  return async (...args) => {
    const script = ["--import", "tsx", join(root, "scripts/openwebui-install.ts"), "--url", url];
    const run = command(process.execPath, [...script, ...args], { cwd: root, env: { PATH: process.env["PATH"] ?? "" } });
    const status = await run.ended;
    return { status, stdout: run.stdout, stderr: run.stderr };
  };
}

export async function makeStage(checks: Checks): Promise<Stage> {
  const began = Date.now();
  const venv = await installed();
  checks.note(`Open WebUI is installed after ${Math.round((Date.now() - began) / 1000)} s`);
  const engine = await startEngine(stepMs, ["--videos"]);
  const product = await makeProduct("e2e-owui", {
    ...{
      MYSPINBOT_KEY: serverKey,
      OPENWEBUI_USER_SECRET: userSecret,
      COMFYUI_URL: engine.url,
      MYSPINBOT_PREVIEW: "0",
      // heard by a harness alone: the product must not care
      [fixturesFlag]: "1",
      MYSPINBOT_PORT: `${await freePort()}`,
    },
  });
  const web = await makeOpenWebUi(venv);
  const endAll = async () => {
    await web.end();
    await product.end();
    await engine.end();
  };
  try {
    await Promise.all([product.start(), web.start()]);
    checks.note(`both servers run after ${Math.round((Date.now() - began) / 1000)} s`);
    return await setUp(checks, product, web, endAll);
  } catch (error) {
    await endAll();
    throw error;
  }
}

async function setUp(checks: Checks, product: Product, web: OpenWebUi, endAll: () => Promise<void>): Promise<Stage> {
  const server = (await product.client.status()).url;
  if (!server) throw new Error("the product has no address");
  const install = installerOf(web);
  const who = ["--email", admin.email, "--password", admin.password];
  const installedWell = await install(...who, "--server", server, "--server-key", serverKey, "--user-secret", userSecret);
  checks.check("our installer puts the function in", installedWell.status === 0, installedWell.stderr);
  const boss = await person(web.url, admin);
  const anna = await person(web.url, { email: "anna@example.com", password: "anna-pass-1" }, boss);
  const ben = await person(web.url, { email: "ben@example.com", password: "ben-pass-1" }, boss);

  const stage: Stage = {
    ...{ checks, product, web, server, admin: boss, anna, ben, install },
    async jobs(chat) {
      const rows = await product.rows<{ id: string; state: string }>(
        "select id, state, principal, input from jobs where conversation = $1 order by created_at",
        [`owui-${chat}`],
      );
      return rows as unknown as JobView[];
    },
    running: (chat) =>
      until(async () => (await stage.jobs(chat)).find(({ state }) => state === "running"), `a job of ${chat} runs`, 120_000),
    ended: (id) =>
      until(
        async () => {
          const [row] = await product.rows<{ id: string; state: string }>("select id, state from jobs where id = $1", [id]);
          return row && ["succeeded", "failed", "canceled"].includes(row.state) ? (row as unknown as JobView) : undefined;
        },
        `${id} ends`,
        180_000,
      ),
    async deliveries() {
      const { deliveries } = (await ask(server, "/v1/deliveries?limit=200")) as { deliveries: Awaited<ReturnType<Stage["deliveries"]>> };
      return deliveries;
    },
    async end() {
      for (const one of [anna, ben, boss]) one.close();
      await endAll();
    },
  };
  return stage;
}
