/** What is really seen, and done by clicks: Chromium, signed in as people who are no administrators. */
import { aPng } from "./daily.ts";
import { admin } from "./open-webui.ts";
import { chatOf, withPage } from "./page.ts";
import type { Stage } from "./scene.ts";

/** Addresses of the pictures that are there to be seen. */
const shown = `[...new Set([...document.querySelectorAll('img[src*="/api/v1/files/"]')].filter((one) => one.complete && one.naturalWidth > 0).map((one) => one.src))]`;
const picture = `${shown}.length === 1`;
const drawing = "/Drawing \\d+ %/.test(document.body.innerText)";
const next = `document.querySelector('[aria-label="Follow up: Upscale that 2x"]') !== null`;

/** Typed by hand in an open tab: progress, the picture, the same after a reload, another one by Regenerate. */
export async function aPictureIsSeen(stage: Stage): Promise<void> {
  await withPage(stage, async ({ page, see, shot, say }) => {
    await say("draw a red barn under stars, 40 steps");
    await see("progress is seen while it works", drawing);
    await shot("progress");
    await see("then the picture, in the open tab", picture);
    await see("and what may be asked for next", next);
    await shot("picture");
    await page.reload();
    await see("the picture is there after a reload", picture);
    const [first] = (await page.evaluate(shown)) as string[];
    await page.locator('button[aria-label="Regenerate"]').last().click();
    await page.getByText("Try Again").click();
    await see("Regenerate brings another picture", `${picture} && ${shown}[0] !== ${JSON.stringify(first)}`);
    await see("beside the first one", `/2\\s*\\/\\s*2/.test(document.body.innerText)`);
    await shot("regenerated");
  });
}

export async function anAttachmentIsSeen(stage: Stage): Promise<void> {
  await withPage(stage, async ({ page, see, shot, open, type }) => {
    await open();
    const file = { name: "mine.png", mimeType: "image/png", buffer: Buffer.from(await aPng()) };
    await page.locator("input[type=file][multiple]").first().setInputFiles(file);
    await see("the attached picture is in the box", `document.querySelector('#message-input-container img, form img') !== null`);
    await type("upscale this 2x");
    await see("it comes back as a second picture", `${shown}.length === 2`);
    const size = `[...document.querySelectorAll('img[src*="/api/v1/files/"]')].map((one) => one.naturalWidth)`;
    await see("made twice as large", `(${size}).includes(128)`);
    await shot("attachment");
  });
}

/** The editor makes one long dash of two short ones. */
export async function flagsAreTyped(stage: Stage): Promise<void> {
  const { checks, anna, jobs } = stage;
  await withPage(stage, async ({ page, see, shot, say }) => {
    await say("/render a fox --size 512x384");
    await see("a picture comes", picture);
    await see(
      "in the size that was asked for",
      `[...document.querySelectorAll('img[src*="/api/v1/files/"]')].some((one) => one.naturalWidth === 512 && one.naturalHeight === 384)`,
    );
    await shot("flags");
    const chat = chatOf(page);
    const said = Object.values(await anna.messages(chat)).find(({ role }) => role === "user")?.content;
    checks.note(`what the editor sent: ${said}`);
    checks.check("its editor sent a long dash", said?.includes("—size") === true, said);
    const [job] = await jobs(chat);
    checks.check("which is no part of the prompt", job?.input["prompt"] === "a fox", job?.input);
  });
}

export async function aClosedTabIsFound(stage: Stage): Promise<void> {
  let chat = "";
  await withPage(stage, async ({ page, see, say }) => {
    await say("draw a lighthouse at dusk, 60 steps");
    await see("it works on it when the browser is closed", drawing);
    chat = chatOf(page);
  });
  const job = (await stage.jobs(chat)).at(-1);
  await stage.ended(job?.id ?? "");
  await withPage(stage, async ({ page, see, shot }) => {
    await page.goto(`${stage.web.url}/`);
    await page.locator('button[aria-label="Open Sidebar"]').first().click();
    await page.locator(`a[href="/c/${chat}"]`).first().click();
    await see("a new browser finds the picture by the list of chats", picture);
    await shot("found-again");
  });
}

export async function aStopIsSeen(stage: Stage): Promise<void> {
  const { checks, jobs, ended } = stage;
  await withPage(stage, async ({ page, see, shot, say }) => {
    await say("draw a harbour in fog, 100 steps");
    await see("it works", drawing);
    await page.locator('button[aria-label="Stop"]').click();
    await see("Stop is shown", "/Stopped/.test(document.body.innerText)");
    const [job] = await jobs(chatOf(page));
    const { state } = await ended(job?.id ?? "");
    checks.check("and cancels the job", state === "canceled", state);
    await see("the box takes the next message", `document.querySelector('button[aria-label="Stop"]') === null`);
    await shot("stopped");
  });
}

/** A turn that ended, and its result that comes into the open tab. */
export async function aLateResultIsSeen(stage: Stage): Promise<void> {
  const { checks, anna, web, install } = stage;
  const set = ["--email", admin.email, "--password", admin.password];
  await install(...set, "--hold", "1");
  try {
    await withPage(stage, async ({ page, see, shot, say }) => {
      await say("draw an old harbour, 60 steps");
      await see("the turn ends before its job, and says so", "/Still at work/.test(document.body.innerText)");
      await see("the late result appears in the open tab by itself", picture);
      await shot("late");
      const chat = chatOf(page);
      const answers = Object.values(await anna.messages(chat)).filter(({ role }) => role === "assistant");
      checks.check("as a new message below", answers.length === 2 && answers[1]?.parentId === answers[0]?.id, answers);
      await page.goto(`${web.url}/c/${chat}`);
      await see("and after a reload", picture);
    });
  } finally {
    await install(...set, "--hold", "60");
  }
}

export async function aSecondUserSeesNothing(stage: Stage): Promise<void> {
  const { anna, ben, web } = stage;
  const sent = await anna.say("draw a secret garden");
  await anna.done(sent);
  await withPage(
    stage,
    async ({ page, see, shot, say }) => {
      await say("draw a quiet lake");
      await see("the second person gets a picture of their own", picture);
      const own = chatOf(page);
      await page.locator('button[aria-label="Open Sidebar"]').first().click();
      await see("their list has their own chat", `document.querySelector('a[href="/c/${own}"]') !== null`);
      const theirs = (await ben.call("GET", "/api/v1/chats/")).body as { id: string }[];
      const ids = JSON.stringify(theirs.map(({ id }) => `/c/${id}`));
      await see(
        "and nobody else's",
        `[...document.querySelectorAll('a[href^="/c/"]')].every((one) => ${ids}.includes(one.getAttribute("href")))`,
      );
      await shot("second-user");
      await page.goto(`${web.url}/c/${sent.chat}`);
      const away = `!location.pathname.includes("${sent.chat}") && document.querySelector("#chat-input") !== null`;
      await see(
        "another's chat by its address shows nothing",
        `${away} && !/secret garden/.test(document.body.innerText) && ${shown}.length === 0`,
      );
    },
    ben,
  );
}
