/** A person's browser: Chromium, signed in; what is seen in it is checked, and photographed where it is not. Pictures are kept in `out/e2e-openwebui`. */
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { root } from "../harness/product.ts";
import type { Person } from "./person.ts";
import type { Stage } from "./scene.ts";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const shots = join(root, "out", "e2e-openwebui");

export interface Tab {
  readonly page: Page;
  /** One check: an expression of the page becomes true. */
  see(what: string, expression: string, ms?: number): Promise<boolean>;
  shot(name: string): Promise<void>;
  /** A new chat. */
  open(): Promise<void>;
  /** Types and sends in a new chat. */
  say(text: string): Promise<void>;
  /** Types and sends in the chat that is open. */
  type(text: string): Promise<void>;
}

/** Id of the chat that is open. */
export const chatOf = (page: Page): string => page.url().split("/c/").at(-1) ?? "";

/** Waits until an expression of the page is true. */
const comes = (page: Page, expression: string, ms: number) =>
  page.waitForFunction(expression, undefined, { timeout: ms }).then(
    () => true,
    () => false,
  );

function tabOf(page: Page, { checks, web }: Stage): Tab {
  const tab: Tab = {
    page,
    async see(what, expression, ms = 120_000) {
      const held = checks.check(what, await comes(page, expression, ms));
      if (!held) await tab.shot(`failed: ${what}`);
      return held;
    },
    async shot(name) {
      const file = join(shots, `${name.replace(/[^a-z0-9]+/gi, "-").slice(0, 80)}.png`);
      await page.screenshot({ path: file });
      checks.note(`screenshot: ${file}`);
    },
    async open() {
      await page.goto(`${web.url}/?models=myspinbot.agent`);
      await page.locator("#chat-input").waitFor({ timeout: 120_000 });
      // what is new in this version of Open WebUI
      await page.keyboard.press("Escape");
    },
    async say(text) {
      await tab.open();
      await tab.type(text);
    },
    async type(text) {
      await page.locator("#chat-input").click();
      await page.keyboard.type(text);
      await page.keyboard.press("Enter");
    },
  };
  return tab;
}

export async function withPage(stage: Stage, play: (tab: Tab) => Promise<void>, who: Person = stage.anna): Promise<void> {
  if (!existsSync(executablePath))
    throw new Error(`There is no ${executablePath}. Install chromium (apt-get install chromium), or name it by CHROMIUM.`);
  await mkdir(shots, { recursive: true });
  // as root there is no sandbox, and the shared memory of a container is small
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 1100 } });
    await context.addCookies([{ name: "token", value: who.token, url: stage.web.url }]);
    await context.addInitScript(`localStorage.setItem("token", ${JSON.stringify(who.token)})`);
    const tab = tabOf(await context.newPage(), stage);
    await play(tab).catch(async (error: unknown) => {
      await tab.shot(`failed: ${String(error)}`).catch(() => undefined);
      throw error;
    });
  } finally {
    await browser.close();
  }
}

/** What a run before left would be taken for what is seen now. */
export async function emptyShots(): Promise<void> {
  await rm(shots, { recursive: true, force: true });
}

/** After a scene that failed: the chat in which something was said last, as it is now. */
export async function photograph(stage: Stage, what: string): Promise<void> {
  const { web, anna } = stage;
  await withPage(stage, async ({ page, shot }) => {
    await page.goto(anna.last ? `${web.url}/c/${anna.last.chat}` : web.url);
    await page
      .locator("#chat-input")
      .waitFor({ timeout: 30_000 })
      .catch(() => undefined);
    await shot(`after ${what}`);
  }).catch((error: unknown) => stage.checks.note(`no screenshot: ${error instanceof Error ? error.message : String(error)}`));
}
