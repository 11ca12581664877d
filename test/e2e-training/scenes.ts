/** What a person sees from the photos to the picture, and what stands in the way of it. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Part } from "../../core/chat.ts";
import { sha256, until } from "../harness/product.ts";
import { photos } from "./photos.ts";
import type { Stage } from "./stage.ts";

const words = (parts: readonly Part[]): string =>
  parts
    .flatMap((part) => (part.type === "text" || part.type === "question" ? [part.text] : part.type === "error" ? [part.error.message] : []))
    .join("\n");
const of = <Type extends Part["type"]>(parts: readonly Part[], type: Type) =>
  parts.filter((part): part is Extract<Part, { type: Type }> => part.type === type);
const done = (parts: readonly Part[]) => of(parts, "done").at(-1)?.jobs ?? [];
const named = async (count: number) => (await photos(count)).map((body, index) => ({ name: `IMG_${index + 1}.jpg`, body }));

/** "Done when" 1: photos, a sentence, the question, yes, progress, samples, the asset, and a picture with it. */
export async function fromPhotosToPicture(stage: Stage): Promise<void> {
  const { checks, product, host, loras } = stage;
  const chat = "conv-biscuit";
  // slow enough for steps to be seen one by one
  await host.fault({ step_seconds: 0.05 });
  const asked = await stage.say(chat, "train a LoRA called biscuit, trigger bsct dog, 60 steps", await stage.upload(await named(12)));
  const [question] = of(asked, "question");
  checks.check("a person is asked once, about both", of(asked, "question").length === 1 && done(asked).length === 0, asked);
  const told = question?.text ?? "";
  checks.check(
    "the question has name, trigger, pictures, time and disk",
    /biscuit/.test(told) && /bsct dog/.test(told) && /12/.test(told) && /min|h\b/.test(told) && /[MG]B/.test(told),
    told,
  );
  checks.check("nothing runs before the yes", (await product.client.jobs(10)).length === 0);

  const trained = await stage.say(chat, "yes");
  const jobs = done(trained);
  checks.check("a dataset and a training came of it", jobs.map(({ tool }) => tool).join() === "make_dataset,train_lora", words(trained));
  checks.check(
    "both succeeded",
    jobs.every(({ state }) => state === "succeeded"),
    jobs.map(({ state, error }) => ({ state, error })),
  );
  const [photosJob] = jobs;
  const shown = of(trained, "artifact").filter(({ job }) => job === photosJob?.id);
  checks.check(
    "the dataset shows one picture, its sheet, and not 12",
    shown.map(({ artifact }) => artifact.name).join() === "biscuit-sheet.jpg" && photosJob?.artifacts.length === 1,
    shown.map(({ artifact }) => artifact.name),
  );
  const training = jobs.find(({ tool }) => tool === "train_lora");
  const progress = of(trained, "progress").filter(({ job }) => job === training?.id);
  const steps = progress.flatMap(({ progress: { stage: at, step } }) => (at === "training" && step !== undefined ? [step] : []));
  checks.check(
    "steps rise in the chat",
    steps.length > 2 && steps.every((step, index) => index === 0 || step >= (steps[index - 1] ?? 0)),
    steps,
  );
  checks.check(
    "the loss is told",
    progress.some(({ progress: { loss } }) => typeof loss === "number"),
    progress.at(-1),
  );
  checks.check(
    "sample pictures come while it trains",
    of(trained, "preview").some(({ job }) => job === training?.id),
    of(trained, "preview").length,
  );
  const files = of(trained, "artifact").filter(({ job }) => job === training?.id);
  const weights = files.find(({ artifact }) => artifact.name.endsWith(".safetensors"))?.artifact;
  checks.check(
    "the LoRA and its samples are files of the chat",
    weights !== undefined && files.some(({ artifact }) => artifact.media_type.startsWith("image/")),
    files.map(({ artifact }) => artifact.name),
  );
  checks.check("the end says how it is used", /bsct dog/.test(words(trained)) && /draw biscuit/.test(words(trained)), words(trained));

  // the mark that says whose folder it is begins with a dot
  const placed = (await readdir(join(loras, "msb"))).filter((name) => !name.startsWith("."));
  const bytes = placed[0] ? await readFile(join(loras, "msb", placed[0])) : Buffer.alloc(0);
  checks.check(
    "the weights lie where ComfyUI reads them, and nothing else does",
    placed.length === 1 && sha256(bytes) === weights?.sha256,
    placed,
  );
  const [dataset] = await product.rows<{ details: { pictures: { artifact: string }[] } }>(
    "select details from assets where kind = 'dataset'",
  );
  const [first] = dataset?.details.pictures ?? [];
  const picture = first ? await product.client.artifact(first.artifact) : undefined;
  const body = picture
    ? Buffer.from(await (await fetch(`${(await product.client.status()).url}${picture.path}`)).arrayBuffer())
    : Buffer.alloc(0);
  checks.check(
    "the pictures of the dataset no longer say where they were taken",
    body.length > 1000 && !body.includes("GPS") && !body.includes("Phone"),
    body.length,
  );

  const drawn = await stage.say(chat, "draw biscuit on the beach");
  const [render] = done(drawn);
  checks.check("a picture with it succeeds", render?.tool === "render_image" && render.state === "succeeded", words(drawn));
  checks.check(
    "with the LoRA and its trigger words in the prompt",
    JSON.stringify(render?.input["loras"]).includes("ast_") && `${render?.input["prompt"]}`.includes("bsct dog"),
    render?.input,
  );
  checks.check("the picture comes", of(drawn, "artifact").length === 1);
  checks.check("no child of gpu-host is left", (await host.trainers()).length === 0, await host.trainers());
}

export async function inOneGo(stage: Stage): Promise<void> {
  const { checks, product, host } = stage;
  await host.fault({ step_seconds: 0.02 });
  const chat = "conv-go";
  const asked = await stage.say(
    chat,
    "train a LoRA called bella, trigger blla cat, 40 steps, then draw bella in the snow",
    await stage.upload(await named(12)),
  );
  checks.check("one question for all three", of(asked, "question").length === 1 && /render_image/.test(words(asked)), words(asked));
  const parts = await stage.say(chat, "yes");
  const jobs = done(parts);
  checks.check(
    "photos, training and picture are one plan",
    jobs.map(({ tool }) => tool).join() === "make_dataset,train_lora,render_image",
    words(parts),
  );
  checks.check(
    "all three succeeded",
    jobs.length === 3 && jobs.every(({ state }) => state === "succeeded"),
    jobs.map(({ state, error }) => ({ state, error })),
  );
  const rows = await product.rows<{ tool: string; started_at: Date; finished_at: Date }>(
    "select tool, started_at, finished_at from jobs where conversation like '%conv-go%' or message is not null order by number desc limit 3",
  );
  const [picture, training, photosJob] = rows;
  checks.check(
    "each began when what it needs was there",
    rows.length === 3 &&
      !!picture &&
      !!training &&
      !!photosJob &&
      picture.started_at >= training.finished_at &&
      training.started_at >= photosJob.finished_at,
    rows,
  );
}

export async function stoppedBefore(stage: Stage): Promise<void> {
  const { checks, product } = stage;
  const cases: [what: string, text: string, count: number, says: RegExp][] = [
    ["4 photos where 10 are needed", "train a LoRA called few, trigger fww dog", 4, /10/],
    ["a second training of the same name", "train a LoRA called biscuit, trigger bsct dog", 12, /biscuit/],
    ["a trigger word that is a common word", "train a LoRA called plain, trigger dog", 12, /dog/],
  ];
  for (const [what, text, count, says] of cases) {
    const before = (await product.client.jobs(200)).length;
    const parts = await stage.say(`conv-${count}-${what.length}`, text, await stage.upload(await named(count)));
    const after = (await product.client.jobs(200)).length;
    checks.check(
      `${what}: refused in words before anything runs`,
      of(parts, "question").length === 0 && after === before && says.test(words(parts)),
      words(parts),
    );
  }
}

/** Stop and keep, cancel, and a crash in mid-training, as a person tells them in the chat. */
export async function steered(stage: Stage): Promise<void> {
  const { checks, product, host } = stage;
  await host.fault({ step_seconds: 0.1 });
  const chat = "conv-steer";
  await stage.say(chat, "train a LoRA called max, trigger mxxm dog, 300 steps", await stage.upload(await named(12)));
  const running = stage.say(chat, "yes");
  const training = await until(
    async () =>
      (await product.client.jobs(20)).find(
        ({ tool, state, input }) => tool === "train_lora" && state === "running" && input["name"] === "max",
      ),
    "the training runs",
    60_000,
  );
  await until(async () => ((await product.client.job(training.id)).progress?.savedStep ?? 0) > 0, "a state is saved", 120_000);
  const how = await stage.say(chat, "how far is it?");
  checks.check("how far it is, in words", /\d+ of 300/.test(words(how)), words(how));
  await host.kill();
  await host.start();
  await stage.say(chat, "stop the training and keep it");
  await running;
  const job = await product.client.job(training.id);
  const [asset] = await product.rows<{ details: { steps: number; stepsAsked: number } }>(
    "select details from assets where name = 'max' and kind = 'lora'",
  );
  checks.check(
    "it ends, and what there is is kept",
    job.state === "succeeded" && !!asset && asset.details.steps > 0 && asset.details.steps < 300 && asset.details.stepsAsked === 300,
    { state: job.state, error: job.error, asset },
  );
  checks.check("no child of gpu-host is left", (await host.trainers()).length === 0, await host.trainers());
}
