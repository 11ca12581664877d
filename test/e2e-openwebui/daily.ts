/** What a person does every day: asks, reloads, attaches, regenerates, closes the tab, stops; and what a second person sees of it. */
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { until } from "../harness/product.ts";
import { admin } from "./open-webui.ts";
import { type Message, pictures } from "./person.ts";
import type { Stage } from "./scene.ts";

export async function aPng(): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(
    await sharp({ create: { width: 64, height: 48, channels: 3, background: "#c63" } })
      .png()
      .toBuffer(),
  );
}

const isClosed = (history: { done: boolean }[] | undefined): boolean => history?.at(-1)?.done === true;

export async function aPicture({ checks, anna, ben, jobs }: Stage): Promise<void> {
  await anna.open();
  const sent = await anna.say("draw a red fox in fresh snow");
  const message = await anna.done(sent);
  const [url] = pictures(message);
  checks.check("a sentence ends in one picture", pictures(message).length === 1, message);
  checks.check(
    "its statuses are few and the last one is closed",
    isClosed(message.statusHistory) && (message.statusHistory?.length ?? 0) <= 15,
    message.statusHistory,
  );
  checks.check(
    "it tells of the work",
    message.statusHistory?.some(({ description }) => /\d+ %/.test(description)) === true,
    message.statusHistory,
  );
  checks.check("the recipe is kept as a source", (message.sources?.length ?? 0) === 1, message.sources);
  checks.check("`files` came once", anna.heard.filter((one) => one.type === "files" && one.message === sent.message).length === 1);
  checks.check("the picture opens for its owner, who is no administrator", (await anna.status(url ?? "")) === 200);
  checks.check("and is unknown to another", (await ben.status(url ?? "")) === 404, await ben.status(url ?? ""));
  const again = await anna.message(sent);
  const seen = (one: Message | undefined) => JSON.stringify([one?.content, one?.files, one?.statusHistory, one?.sources, one?.error]);
  checks.check("a reload shows the same", seen(again) === seen(message), again);
  const title = await until(async () => {
    const { body } = await anna.call("GET", `/api/v1/chats/${sent.chat}`);
    const { title: text } = body as { title: string };
    return text !== "New Chat" ? text : undefined;
  }, "the chat has a title");
  checks.check("the title comes without a model", title === "draw a red fox in fresh snow", title);
  const [job] = await jobs(sent.chat);
  const principal = (job as unknown as { principal: string } | undefined)?.principal;
  checks.check("the job is the person's own", principal === `openwebui:${anna.id}`, principal);

  const upscale = await anna.done(await anna.say("upscale that 2x", { chat: sent.chat, parent: sent.message }));
  checks.check("`that` is this chat's picture", pictures(upscale).length === 1 && pictures(upscale)[0] !== url, upscale.content);

  const second = await anna.say("draw a red fox in fresh snow", { chat: sent.chat, regenerate: sent });
  const other = await anna.done(second);
  checks.check("Regenerate makes a new picture", pictures(other).length === 1 && pictures(other)[0] !== url, other.content);
  const made = await jobs(sent.chat);
  checks.check("by a new job", made.length === 3, made);
}

export async function anAttachment({ checks, anna, jobs, product }: Stage): Promise<void> {
  const entry = await anna.upload("mine.png", "image/png", await aPng());
  const sent = await anna.say("upscale this 2x", { files: [entry] });
  const message = await anna.done(sent);
  checks.check("an attached picture is upscaled", pictures(message).length === 1, message.content);
  const uploads = async () => (await product.rows("select id from artifacts where job is null")).length;
  const before = await uploads();
  const next = await anna.done(await anna.say("draw a blue cat", { chat: sent.chat, parent: sent.message }));
  checks.check("the next turn sends it no second time", (await uploads()) === before && pictures(next).length === 1, next.content);
  checks.check("and makes one job of its own", (await jobs(sent.chat)).length === 2);
  const text = await anna.upload("notes.png", "image/png", new TextEncoder().encode("only words"));
  const refused = await anna.done(await anna.say("upscale this", { files: [text] }));
  checks.check("a text called .png is refused in words", refused.content.includes("notes.png") && isClosed(refused.statusHistory), refused);
}

export async function aClosedTab({ checks, anna, running, deliveries }: Stage): Promise<void> {
  const sent = await anna.say("draw a lighthouse at dusk, 40 steps");
  await running(sent.chat);
  anna.close();
  const message = await anna.done(sent);
  checks.check(
    "the tab closed in mid-job: the same saved message",
    pictures(message).length === 1 && isClosed(message.statusHistory),
    message,
  );
  await until(async () => (await deliveries()).every(({ state }) => state === "delivered"), "every delivery is acknowledged", 60_000);
  checks.check("nothing is owed", true);
  await anna.open();
}

export async function aStop({ checks, anna, running, ended }: Stage): Promise<void> {
  const sent = await anna.say("draw a harbour in fog, 100 steps");
  const job = await running(sent.chat);
  await anna.stop(sent.chat);
  const { state } = await ended(job.id);
  checks.check("Stop cancels the job", state === "canceled", state);
  const message = await anna.done(sent);
  checks.check("no status is left open", isClosed(message.statusHistory), message.statusHistory);
  await sleep(2000);
  const all = Object.keys(await anna.messages(sent.chat)).length;
  checks.check("and nothing comes later", all === 2, all);
}

export async function aLateResult({ checks, anna, install, jobs, ended, deliveries }: Stage): Promise<void> {
  const { email, password } = admin;
  const set = await install("--email", email, "--password", password, "--hold", "1");
  checks.check("the installer changes one valve and leaves the others", set.status === 0, set.stderr);
  const sent = await anna.say("draw a windmill, wide, 60 steps");
  const first = await anna.done(sent);
  checks.check("the turn ends before its job", /Still at work/.test(first.content) && isClosed(first.statusHistory), first);
  const [job] = await jobs(sent.chat);
  await ended(job?.id ?? "");
  const late = await until(
    async () => Object.values(await anna.messages(sent.chat)).find(({ parentId }) => parentId === sent.message),
    "the result comes as a new message",
    120_000,
  );
  checks.check("the result is a new message below", pictures(late).length === 1 && late.done === true, late);
  checks.check("it opens for its owner", (await anna.status(pictures(late)[0] ?? "")) === 200);
  await until(() => anna.heard.some((one) => one.type === "chat:reload" && one.chat === sent.chat), "the open tab is told", 60_000);
  await until(async () => (await deliveries()).every(({ state }) => state === "delivered"), "it is acknowledged", 60_000);
  await sleep(3000);
  const messages = Object.values(await anna.messages(sent.chat));
  checks.check("exactly once", messages.length === 3, messages.length);
  const back = await install("--email", email, "--password", password, "--hold", "60");
  checks.check("the valve is put back", back.status === 0, back.stderr);
}

export async function isolation({ checks, anna, ben, web }: Stage): Promise<void> {
  const { body } = await ben.call("GET", "/api/v1/chats/");
  checks.check("the second user sees no chat of the first", Array.isArray(body) && body.length === 0, body);
  const theirs = await anna.upload("hers.png", "image/png", await aPng());
  const stolen = await ben.done(await ben.say("upscale this 2x", { files: [theirs] }));
  checks.check(
    "another's file id is worth nothing",
    /not there any more/.test(stolen.content) && pictures(stolen).length === 0,
    stolen.content,
  );
  const slow: number[] = [];
  const sent = await ben.say("draw a quiet lake");
  const waiting = ben.done(sent);
  for (let look = 0; look < 10; look++) {
    const at = Date.now();
    await fetch(`${web.url}/health`);
    slow.push(Date.now() - at);
    await sleep(200);
  }
  checks.note(`/health during a job: at most ${Math.max(...slow)} ms`);
  checks.check("a second person gets a picture of their own", pictures(await waiting).length === 1);
}
