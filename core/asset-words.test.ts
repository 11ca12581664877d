/** The end of a training in a chat that is followed: what was made, and what to say to use it. */
import { expect, it } from "vitest";
import { scriptedAgent, until } from "../http/testing/app-parts.ts";
import { fakeStudio } from "../http/testing/fake-studio.ts";
import type { DatasetPicture, Makes } from "./asset.ts";
import { wordsOfAsset } from "./asset-words.ts";
import { createAssets } from "./assets.ts";
import type { Part } from "./chat.ts";
import { converse } from "./converse.ts";
import { silentLog } from "./log.ts";
import { localPrincipal } from "./principal.ts";
import { memoryAssets, testAsset } from "./testing/memory-assets.ts";
import { jobView } from "./view.ts";

it("is said once, when its job is done, and nothing of a job that makes no asset", async () => {
  const studio = fakeStudio();
  const makes: Makes = { kind: "lora", name: "biscuit", family: "sd15", triggerWords: ["bsct dog"] };
  const [training, drawing] = [studio.make("queued", { makes }), studio.make()];
  const store = memoryAssets([testAsset(makes, { job: training.id })]);
  Object.assign(studio, { assets: createAssets({ assets: store, log: silentLog }) });
  const said: Part[] = [];
  const script = async function* (): AsyncIterable<Part> {
    const jobs = [training, drawing].map((job) => jobView(job));
    yield { type: "done", conversation: "conv_a", message: "msg_a", planner: "rules", jobs };
  };
  const request = { principal: localPrincipal, conversation: "conv_a", message: "msg_a", text: "train", attachments: [] };
  const end = (async () => {
    const turn = converse({ studio, agent: scriptedAgent(script) }, request, new AbortController().signal, { refreshMs: 60_000 });
    for await (const part of turn) said.push(part);
  })();
  await until(() => said.filter(({ type }) => type === "job").length === 2, "both jobs are shown");
  for (const { id } of [training, drawing]) {
    studio.move(id, "running");
    studio.move(id, "succeeded");
  }
  await end;
  const texts = said.flatMap((part) => (part.type === "text" ? [part.text] : []));
  expect(texts).toHaveLength(1);
  expect(texts[0]).toContain('The LoRA "biscuit" is ready');
  expect(texts[0]).toContain('Say "draw biscuit on the beach"');
  expect(texts[0]).toContain("bsct dog");
});

it("of a dataset has the numbers of its sheet, and says what is trained where there are no captions", () => {
  const asset = testAsset({ kind: "dataset", name: "biscuit", pictures: 3 });
  if (asset.details.kind !== "dataset") throw new Error("not a dataset");
  const [, second, third] = asset.details.pictures;
  if (!second || !third) throw new Error("too few pictures");
  const { details } = asset;
  const words = (pictures: DatasetPicture[]) => wordsOfAsset({ ...asset, details: { ...details, pictures } });
  expect(words([second, { ...third, caption: "" }])).toMatch(
    /^The dataset "biscuit" is ready: 2 pictures, numbered as on the sheet\.\n2\. a dog\n3\. \(none\)\nSay "caption 3: a dog on grass"/,
  );
  const bare = [second, third].map((picture) => ({ ...picture, caption: "" }));
  expect(words(bare)).toMatch(/numbered as on the sheet\.\nNo captions: the trigger words alone are trained\.\nSay "caption 3/);
});
