/** Without a person's yes nothing is cloned and no face speaks, by whichever way it is asked for. */
import { type Failure, toFailure } from "../../core/failure.ts";
import type { JsonObject } from "../../core/json.ts";
import { connectAsking } from "../../mcp-server/approval/testing/asking-client.ts";
import { done, of, words } from "../e2e-clip/stage.ts";
import type { House } from "./house.ts";
import { face, recordings } from "./media.ts";

interface Refused {
  tool: string;
  input: JsonObject;
  words: string;
  attachments: string[];
}

async function overHttp({ checks, product }: House, { tool, input }: Refused): Promise<void> {
  const invoke = (more: JsonObject = {}): Promise<Failure | undefined> =>
    product.client.invoke(tool, { ...input, ...more }).then(() => undefined, toFailure);
  const first = await invoke();
  checks.check(`${tool} over HTTP: consent_required`, first?.code === "consent_required", first?.view());
  const forged = await invoke({ consent: { approval: first?.approval?.id ?? "", by: "me" } });
  checks.check(`${tool} over HTTP: a consent as an argument is no argument`, forged?.code === "invalid_input", forged?.view());
  await product.client.answer(first?.approval?.id ?? "", { yes: false, how: "dialog" });
  const after = await invoke();
  checks.check(
    `${tool} over HTTP: a no is no yes`,
    after !== undefined && /^(consent_required|not_allowed)$/.test(after.code),
    after?.view(),
  );
}

async function overMcp({ checks, url }: House, { tool, input }: Refused): Promise<void> {
  const plain = await connectAsking("v2 legacy", { url });
  const declining = await connectAsking("v2 legacy", { url }, () => ({ action: "decline" }));
  try {
    const result = await plain.call(tool, input);
    const { code } = (result.structuredContent?.["error"] ?? {}) as { code?: string };
    checks.check(`${tool} over MCP without forms: consent_required`, result.isError === true && code === "consent_required", result);
    const declined = await declining.call(tool, input);
    checks.check(
      `${tool} over MCP: a form that is declined starts nothing`,
      declined.isError === true && declining.shown.length === 1,
      declined,
    );
  } finally {
    await Promise.all([plain.close(), declining.close()]);
  }
}

async function inChat(house: House, { tool, words: text, attachments }: Refused): Promise<void> {
  const conversation = `conv-no-${tool}`;
  const asked = await house.say(conversation, text, attachments);
  const answered = await house.say(conversation, "no");
  house.checks.check(
    `${tool} in the chat: asked, answered no, and nothing runs`,
    of(asked, "question").length === 1 && done(asked).length === 0 && done(answered).length === 0,
    `${words(asked)} | ${words(answered)}`,
  );
}

/** After the voice `june` was made. */
export async function withoutYes(house: House): Promise<void> {
  const { june, word } = await recordings();
  const [audio, sound, picture] = [
    await house.upload("june.wav", june),
    await house.upload("word.wav", word),
    await house.upload("june.png", await face()),
  ];
  const before = (await house.product.client.jobs(200)).length;
  const all: Refused[] = [
    {
      tool: "clone_voice",
      input: { name: "thief", audio, person: "June Carter", seed: 1 },
      ...{ words: "clone this voice as thief, it is June Carter", attachments: [audio] },
    },
    {
      tool: "lip_sync",
      input: { face: picture, audio: sound, person: "nobody", seed: 1 },
      ...{ words: "lip-sync this picture to that recording", attachments: [picture, sound] },
    },
    {
      tool: "make_clip",
      input: { script: "hello", picture, voice: "june" },
      ...{ words: `make this picture say "hello" in june's voice`, attachments: [picture] },
    },
  ];
  for (const wish of all) {
    await overHttp(house, wish);
    await overMcp(house, wish);
    await inChat(house, wish);
  }
  house.checks.check("none of it left a job", (await house.product.client.jobs(200)).length === before);
}
