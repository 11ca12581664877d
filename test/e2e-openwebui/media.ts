/** Video, sound and a model file in the chat: a tool that only a test has publishes them, and they come the way of every result. */
import { readFile } from "node:fs/promises";
import type { Download, Page } from "playwright-core";
import { mediaFiles } from "../fixtures/media-files.ts";
import { sha256, until } from "../harness/product.ts";
import { chatOf, type Tab, withPage } from "./page.ts";
import type { Message } from "./person.ts";
import type { Stage } from "./scene.ts";
import { withFixtures } from "./with-fixtures.ts";

/** The page itself has a player for its own sounds. */
const player = (kind: string) => `document.querySelector('[id^="message-"] ${kind}')`;
const ready = (kind: string) => `${player(kind)}?.readyState === 4`;

/** What a click on the file's name in its card brings; Open WebUI opens it as a new page. */
async function downloaded(page: Page, name: string): Promise<Download> {
  await page.locator("button", { hasText: name }).last().click();
  const link = page.getByRole("dialog").getByRole("link", { name });
  let got: Download | undefined;
  const take = (one: Download) => {
    got = one;
  };
  page.on("download", take);
  page.context().on("page", (opened) => opened.on("download", take));
  await link.click();
  return until(() => got, `${name} is downloaded`, 60_000);
}

/** In the open tab and after a reload. */
async function watched({ page, see, shot, say }: Tab, { checks }: Stage): Promise<string> {
  await say("/test_media");
  await see("progress of the job is seen", "/Finishing/.test(document.body.innerText)");
  for (const kind of ["video", "audio"]) await see(`the ${kind} player is ready in the open tab`, ready(kind));
  await shot("media");
  await page.reload();
  for (const kind of ["video", "audio"]) await see(`the ${kind} player is ready after a reload`, ready(kind));
  // a browser plays nothing by itself to who has not touched the page
  await page.locator("#chat-input").click();
  for (const kind of ["video", "audio"]) {
    await page.evaluate(`${player(kind)}.play()`);
    const played = `${player(kind)}.ended && Math.abs(${player(kind)}.duration - 1) < 0.1`;
    await see(`the ${kind} plays its one second to the end`, played);
  }
  const wanted = mediaFiles().find(({ name }) => name === "style.safetensors");
  const got = await downloaded(page, "style.safetensors");
  checks.check("the card of the model file downloads it", got.suggestedFilename() === "style.safetensors", got.suggestedFilename());
  checks.check("byte for byte", sha256(await readFile(await got.path())) === sha256(wanted?.body ?? new Uint8Array()));
  return chatOf(page);
}

async function stored({ checks, web, anna, ben, deliveries, product }: Stage, message: Message | undefined): Promise<void> {
  const wanted = mediaFiles();
  const files = message?.files ?? [];
  checks.check(
    "every file is a card under its own name",
    files.map(({ name }) => name).join() === wanted.map(({ name }) => name).join(),
    files,
  );
  const read = (id: string | undefined, headers = {}) =>
    fetch(`${web.url}/api/v1/files/${id}/content`, { headers: { authorization: `Bearer ${anna.token}`, ...headers } });
  for (const [at, { name }] of wanted.entries()) {
    const bytes = new Uint8Array(await (await read(files[at]?.id)).arrayBuffer());
    const [row] = await product.rows<{ sha256: string }>("select sha256 from artifacts where name = $1 order by number desc limit 1", [
      name,
    ]);
    checks.check(`${name} in the person's store is what was published`, sha256(bytes) === row?.sha256);
  }
  const part = await read(files[0]?.id, { range: "bytes=0-99" });
  checks.check("a part of the video is a part", part.status === 206, part.status);
  const other = await Promise.all(files.map(({ id }) => ben.status(`/api/v1/files/${id}/content`)));
  checks.check(
    "another person gets none of them",
    other.every((status) => status === 404),
    other,
  );
  await until(async () => (await deliveries()).every(({ state }) => state === "delivered"), "the delivery is acknowledged", 60_000);
}

export async function mediaPlay(stage: Stage): Promise<void> {
  const { checks, anna } = stage;
  const without = await anna.done(await anna.say("/test_media"));
  checks.check("the product as it is built has no such tool", /no command \/test_media/.test(without.content), without.content);
  await withFixtures(stage, async () => {
    let chat = "";
    await withPage(stage, async (tab) => {
      chat = await watched(tab, stage);
    });
    await stored(
      stage,
      Object.values(await anna.messages(chat)).find(({ role }) => role === "assistant"),
    );
    const words = "data: these words begin as a line of a stream does";
    const said = await anna.done(await anna.say(`/test_say ${words}`));
    checks.check("text that begins with data: survives", said.content.startsWith(words), said.content);
  });
}
