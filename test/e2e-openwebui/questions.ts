/** A tool that needs a person's yes: asked in Open WebUI's own dialog, in words where nobody sees one, and nothing starts before the yes. */
import { isDeepStrictEqual } from "node:util";
import { until } from "../harness/product.ts";
import { dialogSeconds } from "./open-webui.ts";
import { chatOf, type Tab, withPage } from "./page.ts";
import type { Message, Sent } from "./person.ts";
import type { Stage } from "./scene.ts";
import { withFixtures } from "./with-fixtures.ts";

const dialog = `document.querySelector('[role="dialog"]')`;
const asks = `/Answer yes or no[\\s\\S]*burn_disc/.test(${dialog}?.innerText)`;
const inWords = /Answer yes or no[\s\S]*burn_disc/;
const disc = `[...document.querySelectorAll("button")].some((one) => one.innerText.includes("disc.txt"))`;

const discs = (message: Message | undefined): number => (message?.files ?? []).filter(({ name }) => name === "disc.txt").length;

/** The parameters as the dialog shows them. */
async function shownIn({ page }: Tab): Promise<unknown> {
  const text = (await page.evaluate(`${dialog}.innerText`)) as string;
  const json = /burn_disc (\{.*\})/.exec(text)?.[1];
  return json ? (JSON.parse(json) as unknown) : text;
}

/** Clicked, and what became of it is saved. */
async function answer({ page }: Tab, { anna }: Stage, button: "Cancel" | "Confirm"): Promise<Message> {
  await page.getByRole("dialog").getByRole("button", { name: button, exact: true }).click();
  const chat = chatOf(page);
  return until(
    async () => Object.values(await anna.messages(chat)).find(({ role, done }) => role === "assistant" && done),
    "the turn ends",
  );
}

async function inTheDialog(stage: Stage): Promise<void> {
  const { checks, jobs } = stage;
  await withPage(stage, async (tab) => {
    const { page, see, shot, say } = tab;
    await say("/burn a silver moon --copies 2 --seed 7");
    await see("a dialog of Open WebUI asks", asks);
    const shown = await shownIn(tab);
    const whole = { words: "a silver moon", copies: 2, seed: 7 };
    checks.check("with every parameter", isDeepStrictEqual(shown, whole), shown);
    await see("and why", `/cannot be erased/.test(${dialog}.innerText)`);
    await shot("question");
    checks.check("nothing is submitted while it is open", (await jobs(chatOf(page))).length === 0);
    const refused = await answer(tab, stage, "Cancel");
    checks.check("Cancel: nothing is submitted", (await jobs(chatOf(page))).length === 0);
    checks.check("and the message says so", refused.content.includes("Nothing was submitted"), refused.content);
    await shot("question-canceled");

    await say("/burn a <i hidden>golden</i> *sun*");
    await see("a dialog asks again", asks);
    const asked = await shownIn(tab);
    await shot("question-with-markup");
    const done = await answer(tab, stage, "Confirm");
    await see("Confirm: its result is seen", disc);
    await shot("question-confirmed");
    const made = await jobs(chatOf(page));
    checks.check("exactly one job runs", made.length === 1 && made[0]?.state === "succeeded" && discs(done) === 1, made);
    checks.check("with what the dialog showed, letter by letter", isDeepStrictEqual(made[0]?.input, asked), { asked, ran: made[0]?.input });
  });
}

/** The page is loaded anew while the dialog is open. */
async function overAReload(stage: Stage): Promise<void> {
  await withPage(stage, async (tab) => {
    const { page, see, say } = tab;
    await say("/burn a comet");
    await see("a dialog asks", asks);
    await page.reload();
    await see("after a reload it is there again", asks);
    const done = await answer(tab, stage, "Confirm");
    const made = await stage.jobs(chatOf(page));
    stage.checks.check("Confirm: exactly one job runs", made.length === 1 && discs(done) === 1, made);
  });
}

/** Asked in words, nothing is submitted; "yes" as the next message starts it, once. */
async function yesInWords(
  { checks, jobs }: Stage,
  who: Stage["anna"],
  what: string,
  sent: Sent,
  more: { unseen?: boolean },
): Promise<void> {
  const asked = await who.done(sent, (dialogSeconds + 60) * 1000);
  checks.check(`${what}: the question comes in words`, inWords.test(asked.content) && asked.statusHistory?.at(-1)?.done === true, asked);
  checks.check("nothing is submitted", (await jobs(sent.chat)).length === 0);
  const done = await who.done(await who.say("yes", { chat: sent.chat, parent: sent.message, ...more }));
  const made = await jobs(sent.chat);
  checks.check('"yes" as the next message does it, once', made.length === 1 && discs(done) === 1, { made, content: done.content });
}

async function withNobodyThere(stage: Stage): Promise<void> {
  const { anna } = stage;
  const gone = { unseen: true };
  await yesInWords(stage, anna, "no tab is open", await anna.say("/burn a planet", gone), gone);
  for (const value of ["yes", 1, { error: "Client session disconnected." }, { confirmed: true }, [true], null]) {
    anna.answering(value);
    const sent = await anna.say("/burn a star");
    const { content } = await anna.done(sent);
    const refused = (await stage.jobs(sent.chat)).length === 0 && inWords.test(content);
    stage.checks.check(`${JSON.stringify(value)} out of a dialog is no yes`, refused, content);
  }
  anna.answering(true);
  const sent = await anna.say("/burn a star");
  const done = await anna.done(sent);
  stage.checks.check("true is one", (await stage.jobs(sent.chat)).length === 1 && discs(done) === 1, done.content);
}

/** A tab that is open and does nothing. */
async function unanswered(stage: Stage): Promise<void> {
  const { ben } = stage;
  const sent = await ben.say("/burn a nebula");
  await until(
    () => ben.heard.some(({ type, message }) => type === "confirmation" && message === sent.message),
    "the dialog is sent to the tab",
  );
  await yesInWords(stage, ben, `nobody answers for ${dialogSeconds} s`, sent, { unseen: true });
}

export async function questions(stage: Stage): Promise<void> {
  const { anna, ben } = stage;
  for (const one of [anna, ben]) await one.open();
  await withFixtures(stage, async () => {
    const seen = async () => {
      await inTheDialog(stage);
      await overAReload(stage);
      await withNobodyThere(stage);
    };
    const ends = await Promise.allSettled([unanswered(stage), seen()]);
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  });
  for (const one of [anna, ben]) one.close();
  await anna.open();
}
