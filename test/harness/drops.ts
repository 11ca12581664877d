/** `npm run drops`: clients lose their connection at random moments and try again; then the question whether every accepted job ended once and can be fetched by others. */
import { parseArgs } from "node:util";
import { createKeysClient } from "../../http/keys-client.ts";
import { createFolderFiles } from "../../platform/files/folder.ts";
import { checkAll, checkRun, type Found } from "./drops/check.ts";
import { dropKinds } from "./drops/kinds.ts";
import type { Scene, Story } from "./drops/story.ts";
import { createTotals } from "./drops/totals.ts";
import { build, makeProduct, startEngine } from "./product.ts";
import { random } from "./random.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "200" },
    only: { type: "string", default: "" },
    seed: { type: "string", default: `${Date.now() % 100_000}` },
  },
});
const runs = Number(values.runs);
const seed = Number(values.seed);
const chosen = dropKinds.filter(([name]) => name.includes(values.only));
if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed) || chosen.length === 0) {
  console.error(`npm run drops -- [--runs 200] [--seed N] [--only "${dropKinds.map(([name]) => name).join(" | ")}"]`);
  process.exit(2);
}

const atOnce = 4;
/** A moment that came too late is looked for again, with other chances. */
const tries = 20;
const totals = createTotals(chosen.map(([name]) => name));
const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

build();
const engine = await startEngine(10);
const product = await makeProduct("drops", { MYSPINBOT_PREVIEW: "0", MYSPINBOT_LOG: "error", COMFYUI_URL: engine.url });
const end = async () => {
  await product.end();
  await engine.end();
};
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void end().finally(() => process.exit(130)));

async function play(run: number, common: Pick<Scene, "product" | "studio" | "accessKey">): Promise<void> {
  const [name, drop] = chosen[run % chosen.length] as (typeof chosen)[number];
  for (let attempt = 0; attempt < tries; attempt++) {
    const tag = `${seed}-${run}-${attempt}`;
    const chance = random(seed * 100_000 + run * tries + attempt);
    const scene: Scene = { ...common, prompt: `a fox, run ${tag}`, idempotencyKey: `drop ${tag}`, chance };
    const begun = Date.now();
    let story: Story | undefined;
    let found: Found | undefined;
    const wrong: string[] = [];
    try {
      story = await drop(scene);
      found = await checkRun(scene, story, name.startsWith("stdio"));
      wrong.push(...found.wrong);
    } catch (error) {
      wrong.push(textOf(error));
    }
    if (!story?.cut && attempt === tries - 1) wrong.push("the moment never came");
    totals.add(
      name,
      story,
      found,
      wrong.map((text) => `run ${tag}, ${name}: ${text}`),
    );
    const told = story ? `${story.about}${story.cut ? "" : " (came too late)"}, ${story.again} again` : "broke off";
    const seconds = ((Date.now() - begun) / 1000).toFixed(1);
    const result = wrong.length > 0 ? `VIOLATION ${wrong.join(" | ")}` : "ok";
    console.log(`${`${run + 1}`.padStart(3)} ${name}: ${told}, ${seconds} s ${result}`);
    if (story?.cut || wrong.length > 0) return;
  }
}

const violations: string[] = [];
try {
  await product.start();
  const { secret: accessKey } = await createKeysClient({ socketPath: product.folder.socketPath }).create({ name: "drops" });
  const studio = new URL("/mcp", (await product.folder.serverInfo())?.url);
  console.log(`seed ${seed}, ${runs} runs, ${atOnce} at once`);
  let next = 0;
  const one = async () => {
    while (next < runs) await play(next++, { product, studio, accessKey });
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  violations.push(...(await checkAll(product, createFolderFiles(product.folder.filesPath).list("jobs/"), totals.accepted)));
} catch (error) {
  violations.push(textOf(error));
} finally {
  await end();
}

console.log(`\n${totals.table()}`);
violations.push(...totals.wrong);
for (const text of violations) console.log(`VIOLATION ${text}`);
console.log(violations.length === 0 ? `${runs} passed, 0 failed` : `${violations.length} violations`);
process.exit(violations.length === 0 ? 0 : 1);
