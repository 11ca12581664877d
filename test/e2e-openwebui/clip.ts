/** A clip and a voice for somebody who is no administrator: asked in Open WebUI's own dialog, and both play in the chat. */
import { chatOf, withPage } from "./page.ts";
import type { Stage } from "./scene.ts";

const dialog = `document.querySelector('[role="dialog"]')`;
const player = (kind: string) => `document.querySelector('[id^="message-"] ${kind}')`;

export async function aClipPlays(stage: Stage): Promise<void> {
  const { checks, anna, jobs } = stage;
  let chat = "";
  await withPage(stage, async ({ page, see, shot, say }) => {
    await say("Make a 3-second clip of a wizard saying hello");
    await see(
      "a dialog asks for consent to the face",
      `/Answer yes or no[\\s\\S]*make_clip[\\s\\S]*have agreed/.test(${dialog}?.innerText)`,
    );
    await shot("clip-question");
    chat = chatOf(page);
    checks.check("nothing is submitted while it is open", (await jobs(chat)).length === 0);
    await page.getByRole("dialog").getByRole("button", { name: "Confirm", exact: true }).click();
    await see("the clip is ready to play", `${player("video")}?.readyState === 4`);
    await shot("clip");
    // a browser plays nothing by itself to who has not touched the page
    await page.locator("#chat-input").click();
    await page.evaluate(`${player("video")}.play()`);
    await see("it plays its three seconds to the end", `${player("video")}.ended && Math.abs(${player("video")}.duration - 3) < 0.4`);
    await see(
      "it has a picture and sound",
      `${player("video")}.videoWidth > 0 && (${player("video")}.webkitAudioDecodedByteCount ?? 1) > 0`,
    );
    await page.reload();
    await see("it is ready after a reload", `${player("video")}?.readyState === 4`);
    await say('say "good morning, here I am"');
    await see("the voice is ready to play", `${player("audio")}?.readyState === 4`);
    await page.locator("#chat-input").click();
    await page.evaluate(`${player("audio")}.play()`);
    await see("it plays to the end", `${player("audio")}.ended && ${player("audio")}.duration > 0.5`);
    await shot("voice");
    await page.reload();
    await see("it is ready after a reload", `${player("audio")}?.readyState === 4`);
  });
  const made = await jobs(chat);
  checks.check("the clip is five jobs, all of them done", made.length === 5 && made.every(({ state }) => state === "succeeded"), made);
  const messages = Object.values(await anna.messages(chat)).filter(({ role }) => role === "assistant");
  checks.check("the answer has one file", messages.length === 1 && messages[0]?.files?.length === 1, messages);
}
