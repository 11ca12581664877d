/** What must be left after a struck training and nothing else: one asset, its files once, no process, no lock, no half of anything. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { assetIdOf, type LoraDetails } from "../../core/asset.ts";
import { sha256, until } from "./product.ts";
import type { House } from "./training-kills-house.ts";
import { isOver, type Look } from "./training-kills-look.ts";

export interface Asked {
  job: string;
  steps: number;
  seed: number;
  sampleEvery: number;
}

/** What the trainer's weights are after so many steps, none left out and none done twice. */
function weightsAfter(steps: number, seed: number): string {
  let weights = `${seed}`;
  for (let step = 1; step <= steps; step++) weights = createHash("sha256").update(`${weights} ${step}`).digest("hex");
  return weights;
}

type Wrong = (text: string) => void;

async function checkRecord({ stage: { product } }: House, { job, steps, seed, sampleEvery }: Asked, wrong: Wrong): Promise<string> {
  const [row] = await product.rows<{ attempt: number }>("select attempt from jobs where id = $1", [job]);
  const attempts = await product.rows<{ outcome: string | null }>("select outcome from attempts where job = $1 order by number", [job]);
  const outcomes = attempts.map(({ outcome }) => outcome ?? "open");
  if (outcomes.at(-1) !== "succeeded" || outcomes.includes("open") || outcomes.indexOf("succeeded") !== outcomes.length - 1)
    wrong(`attempts ended ${outcomes.join(", ")}`);
  const assets = await product.rows<{ id: string; details: LoraDetails }>("select id, details from assets where job = $1", [job]);
  const [asset] = assets;
  if (assets.length !== 1 || asset?.id !== assetIdOf(job)) wrong(`${assets.length} assets`);
  if (asset && (asset.details.steps !== steps || asset.details.stepsAsked !== steps))
    wrong(`the LoRA has ${asset.details.steps} of ${asset.details.stepsAsked} steps, ${steps} were asked for`);
  const files = await product.rows<{ id: string; attempt: number; ordinal: number; name: string; sha256: string }>(
    "select id, attempt, ordinal, name, sha256 from artifacts where job = $1 order by ordinal",
    [job],
  );
  if (files.some(({ attempt, ordinal }, index) => attempt !== row?.attempt || ordinal !== index))
    wrong(`artifacts ${files.map(({ attempt, ordinal }) => `${attempt}/${ordinal}`).join(", ")} of attempt ${row?.attempt}`);
  const weights = files.filter(({ name }) => name.endsWith(".safetensors"));
  const samples = files.length - weights.length;
  if (weights.length !== 1 || samples !== Math.floor(steps / sampleEvery))
    wrong(`${weights.length} LoRA files and ${samples} samples of ${Math.floor(steps / sampleEvery)}`);
  const [lora] = weights;
  if (!lora) return "";
  const bytes = await buffer(await product.client.download(lora.id));
  if (sha256(bytes) !== lora.sha256 || asset?.details.sha256 !== lora.sha256) wrong("the bytes of the LoRA are not those of its row");
  if (bytes.subarray(-64).toString() !== weightsAfter(steps, seed)) wrong("the LoRA is not what an undisturbed training makes");
  return lora.sha256;
}

async function checkOpen({ stage: { product } }: House, wrong: Wrong): Promise<void> {
  const open = await product.rows<{ id: string; state: string }>(
    "select id, state from jobs where state in ('queued', 'running', 'canceling')",
  );
  if (open.length > 0) wrong(`${open.map(({ id, state }) => `${id} ${state}`).join(", ")} is open`);
}

/** Workers with a lease on the card: it runs out by itself where its worker died, or could not give it back while the database was away. */
export async function leases({ stage: { product } }: House): Promise<string[]> {
  const held = await product.rows<{ worker: string }>(
    `select key as worker from settings, jsonb_each(value -> 'uses')
     where name = 'card' and (jsonb_each.value ->> 'until')::double precision > extract(epoch from clock_timestamp()) * 1000`,
  );
  return held.map(({ worker }) => worker);
}

async function checkCard({ stage: { host } }: House, look: Look, { job }: Asked, wrong: Wrong): Promise<void> {
  const gone = async () => (await host.trainers()).length === 0;
  // a program that has written its result may still be on its way out
  await until(gone, "the trainer has ended", 20_000).catch(() => wrong("a trainer process is left"));
  const owner = await look.owner();
  if (owner) wrong(`${owner} holds the card`);
  const alive = (await look.runs(job)).filter((run) => !isOver(run));
  if (alive.length > 0) wrong(`${alive.map(({ id, state }) => `${id} ${state}`).join(", ")} is not over`);
  const entries = await readdir(host.data, { recursive: true, withFileTypes: true });
  const mine = (path: string) => path.includes(`/${job}-`) || !path.includes("/job_");
  const half = entries.filter(({ name, parentPath }) => /^\.(new|deleting)-|\.part$|^card/.test(name) && mine(`${parentPath}/${name}`));
  if (half.length > 0) wrong(`gpu-host keeps ${half.map(({ name }) => name).join(", ")}`);
  const states = entries.filter(({ name, parentPath }) => name.endsWith("-state") && `${parentPath}/`.includes(`/${job}-`));
  const done = new Set((await look.runs(job)).flatMap(({ id, state }) => (state === "succeeded" ? [id] : [])));
  const kept = states.filter(({ parentPath }) => [...done].some((id) => parentPath.includes(`/${id}/`)));
  if (kept.length > 0) wrong(`a run that succeeded keeps ${kept.length} states`);
}

async function checkFolder({ stage: { loras } }: House, placed: ReadonlyMap<string, string>, asset: string, wrong: Wrong): Promise<void> {
  const names = new Set([".studio", ...[...placed.keys()].map((each) => `${each}.safetensors`)]);
  const others = (await readdir(join(loras, "msb"))).filter((name) => !names.has(name));
  if (others.length > 0) wrong(`the LoRA folder has ${others.join(", ")}`);
  const bytes = await readFile(join(loras, "msb", `${asset}.safetensors`)).catch(() => undefined);
  if (!bytes) wrong("the LoRA is not in the LoRA folder");
  else if (sha256(bytes) !== placed.get(asset)) wrong("the LoRA in the LoRA folder is not the one that was published");
}

/** @param placed what the LoRA folder may have, by asset, and its hash: this job's is added, and must be there. @returns what is wrong. */
export async function audit(house: House, look: Look, asked: Asked, placed: Map<string, string>): Promise<string[]> {
  const found: string[] = [];
  const wrong: Wrong = (text) => void found.push(text);
  const asset = assetIdOf(asked.job);
  placed.set(asset, await checkRecord(house, asked, wrong));
  await checkCard(house, look, asked, wrong);
  await checkFolder(house, placed, asset, wrong);
  await checkOpen(house, wrong);
  return found;
}
