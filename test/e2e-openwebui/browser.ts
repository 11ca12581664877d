/** What is really seen: Chromium, signed in as an ordinary user. Screenshots stay in `out/e2e-openwebui`. */
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { root } from "../harness/product.ts";
import { startMediaStudio } from "./media.ts";
import { admin } from "./open-webui.ts";
import type { Stage } from "./scene.ts";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const shots = join(root, "out", "e2e-openwebui");

async function withPage({ checks, web, anna }: Stage, play: (page: Page) => Promise<void>): Promise<void> {
  if (!existsSync(executablePath)) {
    checks.note(`not run: there is no ${executablePath}; install chromium, or name it by CHROMIUM`);
    return;
  }
  await mkdir(shots, { recursive: true });
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 1100 } });
    await context.addCookies([{ name: "token", value: anna.token, url: web.url }]);
    await context.addInitScript(`localStorage.setItem("token", ${JSON.stringify(anna.token)})`);
    await play(await context.newPage());
  } finally {
    await browser.close();
  }
}

/** An expression of the page, until it is true. */
const seen = (page: Page, expression: string) =>
  page.waitForFunction(expression, undefined, { timeout: 60_000 }).then(
    () => true,
    () => false,
  );

const picture = `[...document.querySelectorAll('img[src*="/api/v1/files/"]')].some((image) => image.complete && image.naturalWidth > 0)`;

/** Typed by hand in an open tab: progress, the picture, the same after a reload. */
export async function aPictureIsSeen(stage: Stage): Promise<void> {
  const { checks, web } = stage;
  await withPage(stage, async (page) => {
    await page.goto(`${web.url}/?models=myspinbot.agent`);
    const input = page.locator("#chat-input");
    await input.waitFor({ timeout: 60_000 });
    await page.keyboard.press("Escape");
    await input.click();
    await page.keyboard.type("draw a red barn under stars");
    await page.keyboard.press("Enter");
    checks.check("progress is seen while it works", await seen(page, "/Drawing \\d+ %/.test(document.body.innerText)"));
    await page.screenshot({ path: join(shots, "progress.png") });
    checks.check("then the picture, in the open tab", await seen(page, picture));
    await seen(page, "/Next: /.test(document.body.innerText)");
    await page.screenshot({ path: join(shots, "picture.png") });
    await page.reload();
    checks.check("and after a reload", await seen(page, picture));
  });
}

/** A turn that ended, and its result that comes into the open tab. */
export async function aLateResultIsSeen(stage: Stage): Promise<void> {
  const { checks, web, anna, install } = stage;
  const set = ["--email", admin.email, "--password", admin.password];
  install(...set, "--hold", "1");
  await withPage(stage, async (page) => {
    const sent = await anna.say("draw an old harbour");
    await anna.done(sent);
    await page.goto(`${web.url}/c/${sent.chat}`);
    checks.check("the tab shows that work goes on", await seen(page, "/Still at work/.test(document.body.innerText)"));
    checks.check("the late result appears in the open tab by itself", await seen(page, picture));
    await page.screenshot({ path: join(shots, "late.png") });
  });
  install(...set, "--hold", "60");
}

export async function mediaPlay(stage: Stage): Promise<void> {
  const { checks, web, anna, install, server } = stage;
  const studio = await startMediaStudio();
  const set = ["--email", admin.email, "--password", admin.password];
  try {
    install(...set, "--server", studio.url);
    const sent = await anna.say("make a clip");
    const message = await anna.done(sent);
    checks.check("text that begins with data: survives", message.content.startsWith("data: here they are."), message.content);
    checks.check(
      "every one is a card under its own name",
      message.files?.map(({ name }) => name).join() === "clip.mp4,tone.wav,style.safetensors",
    );
    const card = message.files?.at(-1);
    const file = await fetch(`${web.url}/api/v1/files/${card?.id}/content`, { headers: { authorization: `Bearer ${anna.token}` } });
    checks.check(
      "a card's bytes are the same",
      Buffer.from(await file.arrayBuffer()).equals(studio.bytes.get("style.safetensors") ?? Buffer.alloc(0)),
    );
    const part = await fetch(`${web.url}/api/v1/files/${message.files?.[0]?.id}/content`, {
      headers: { authorization: `Bearer ${anna.token}`, range: "bytes=0-99" },
    });
    checks.check("a part of the video is a part", part.status === 206, part.status);
    await withPage(stage, async (page) => {
      await page.goto(`${web.url}/c/${sent.chat}`);
      for (const kind of ["video", "audio"]) {
        const ready = await seen(page, `document.querySelector("#message-${sent.message} ${kind}")?.readyState === 4`);
        checks.check(`the ${kind} player is ready to play`, ready);
      }
      await page.screenshot({ path: join(shots, "media.png") });
      const download = page.waitForEvent("download", { timeout: 20_000 });
      await page.evaluate(
        `(() => { const a = document.createElement("a"); a.href = "/api/v1/files/${card?.id}/content"; a.download = ""; document.body.append(a); a.click(); })()`,
      );
      const got = await (await download).path();
      checks.check("the file downloads", (await readFile(got)).length === studio.bytes.get("style.safetensors")?.length);
    });
  } finally {
    install(...set, "--server", server);
    await studio.end();
  }
}
