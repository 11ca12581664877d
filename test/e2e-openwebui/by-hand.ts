/** Installed without our installer, as the page for people tells it: an administrator pastes the code in the Admin Panel, switches it on and fills in the valves. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root, until } from "../harness/product.ts";
import { version } from "./open-webui.ts";
import { type Tab, withPage } from "./page.ts";
import { pictures } from "./person.ts";
import { type Stage, serverKey, userSecret } from "./scene.ts";

const functions = [
  { id: "myspinbot", name: "MySpinBot", about: "Talk to your studio" },
  { id: "myspinbot_start", name: "MySpinBot at start-up", about: "Delivers late results after a restart" },
] as const;
const codeOf = (id: string) => readFileSync(join(root, "openwebui-pipe", `${id}.py`), "utf8");

async function paste({ page, shot }: Tab, web: string, { id, name, about }: (typeof functions)[number]): Promise<void> {
  await page.goto(`${web}/admin/functions`);
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByLabel("Function Name").fill(name);
  await page.getByLabel("Function ID").fill(id);
  await page.getByLabel("Function Description").fill(about);
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+a");
  await page.evaluate(
    `(() => { const clipboardData = new DataTransfer(); clipboardData.setData("text/plain", ${JSON.stringify(codeOf(id))});
      document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true })); })()`,
  );
  await page.keyboard.press("Control+Home");
  await page.waitForFunction(`/title: /.test(document.querySelector(".cm-content")?.innerText)`);
  await shot(`by-hand-${id}`);
  await page.getByRole("button", { name: "Save & Create" }).click();
  await page.getByRole("button", { name: "Confirm" }).click();
}

async function valves({ page, shot }: Tab, web: string, server: string): Promise<void> {
  await page.goto(`${web}/admin/functions`);
  await page.getByRole("button", { name: "Valves" }).first().click();
  const dialog = page.getByRole("dialog");
  // the address, the key, the secret: each one begins as the default
  for (let row = 0; row < 3; row++) await dialog.getByRole("button", { name: "Default" }).first().click();
  const boxes = dialog.locator("input, textarea");
  await boxes.nth(1).fill(serverKey);
  await boxes.nth(2).fill(userSecret);
  await shot("by-hand-valves");
  await boxes.nth(0).fill(server);
  await dialog.getByRole("button", { name: "Save" }).click();
}

export async function byHand(stage: Stage): Promise<void> {
  const { checks, admin: boss, web, server, install } = stage;
  await install("--key", boss.token, "--undo");
  // else the news of this version cover the page
  await boss.call("POST", "/api/v1/users/user/settings/update", { ui: { version } });
  type Stored = { type?: string; is_active?: boolean } | null;
  const stored = async (id: string) => (await boss.call("GET", `/api/v1/functions/id/${id}`)).body as Stored;
  await withPage(
    stage,
    async (tab) => {
      await tab.page.setViewportSize({ width: 1100, height: 700 });
      const [pipe, event] = functions;
      await paste(tab, web.url, pipe);
      await until(async () => (await stored(pipe.id))?.type, `${pipe.id} is stored`, 60_000);
      // while it is alone in the list
      await valves(tab, web.url, server);
      const set = async () => (await boss.call("GET", "/api/v1/functions/id/myspinbot/valves")).body as Record<string, unknown>;
      await until(async () => (await set())["KEY"] === serverKey, "the valves are stored", 60_000);
      checks.check(
        "the three valves are set",
        (await set())["BASE_URL"] === server && (await set())["USER_SECRET"] === userSecret,
        await set(),
      );
      await paste(tab, web.url, event);
      await until(async () => (await stored(event.id))?.type, `${event.id} is stored`, 60_000);
      const types = await Promise.all(functions.map(async ({ id }) => (await stored(id))?.type));
      checks.check("what was pasted is known as a pipe and an event function", types.join() === "pipe,event", types);
      await tab.page.goto(`${web.url}/admin/functions`);
      for (let at = 0; at < functions.length; at++) await tab.page.getByRole("switch").nth(at).click();
      await until(
        async () => (await Promise.all(functions.map(({ id }) => stored(id)))).every((one) => one?.is_active),
        "both are on",
        60_000,
      );
      await tab.shot("by-hand-on");
    },
    boss,
  );
  const message = await boss.done(await boss.say("draw a small boat"));
  checks.check("and it draws", pictures(message).length === 1, message.content);
}
