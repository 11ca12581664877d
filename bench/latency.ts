/** What the product adds to a render: accepted → artifact readable, minus the same work asked of the same ComfyUI directly. */
import { randomInt, randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import { newId } from "../core/ids.ts";
import { build, type FakeEngine, makeProduct, type Product, startEngine } from "../test/harness/product.ts";
import { graph } from "./graph.ts";
import { median, quantile, type Report, show, table } from "./numbers.ts";
import { openRawQueue, type RawQueue } from "./raw-queue.ts";

const side = 256;
const steps = 20;

interface Direct {
  /** Milliseconds from the request to the picture's last byte. */
  render(): Promise<number>;
  close(): void;
}

/** The shortest way there is: one socket that is open already, one POST, one GET. */
async function openDirect(url: string): Promise<Direct> {
  const client = randomUUID();
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws?clientId=${client}`);
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const images = new Map<string, { filename: string; subfolder: string; type: string }>();
  const done = new Map<string, () => void>();
  socket.on("message", (raw, binary) => {
    if (binary) return;
    const { type, data } = JSON.parse(String(raw)) as { type: string; data: { prompt_id: string; output?: { images?: never[] } } };
    const [image] = data.output?.images ?? [];
    if (type === "executed" && image) images.set(data.prompt_id, image);
    if (type === "execution_success") done.get(data.prompt_id)?.();
  });
  return {
    async render() {
      const begun = performance.now();
      const prompt_id = randomUUID();
      const finished = new Promise<void>((resolve) => done.set(prompt_id, resolve));
      const body = JSON.stringify({ prompt: graph(randomInt(2 ** 40), { side, steps }), client_id: client, prompt_id });
      const asked = await fetch(`${url}/prompt`, { method: "POST", body, headers: { "content-type": "application/json" } });
      if (!asked.ok) throw new Error(`the fake ComfyUI said ${asked.status}: ${await asked.text()}`);
      await finished;
      const image = images.get(prompt_id);
      if (!image) throw new Error("no picture came");
      await (await fetch(`${url}/view?${new URLSearchParams(image)}`)).arrayBuffer();
      return performance.now() - begun;
    },
    close: () => socket.terminate(),
  };
}

/** Milliseconds from the answer that it is accepted to the artifact's last byte. */
async function throughProduct({ client }: Product): Promise<number> {
  const input = { prompt: "a fox", width: side, height: side, steps };
  const invoked = await client.invoke("render_image", input);
  const begun = performance.now();
  if (invoked.kind !== "job") throw new Error("no job");
  for await (const event of client.watch(invoked.job.id)) {
    if (event["type"] === "state" && event["state"] === "failed") throw new Error(JSON.stringify(event));
    if (event["type"] !== "artifact") continue;
    for await (const _chunk of await client.download((event["artifact"] as { id: string }).id));
    return performance.now() - begun;
  }
  throw new Error("no artifact came");
}

/** Milliseconds from a message to the part that names its job, by a slash command. Its job is left to end. */
async function turn({ client }: Product): Promise<number> {
  const begun = performance.now();
  let until = 0;
  const text = `/render "a fox" --size ${side}x${side} --steps 1`;
  for await (const part of client.chat({ text, conversation: newId("conv") }))
    if (part.type === "job" && !until) until = performance.now() - begun;
  return until;
}

async function compare(report: Report, product: Product, engine: FakeEngine, raw: RawQueue, name: string, rounds: number): Promise<void> {
  const direct = await openDirect(engine.url);
  await throughProduct(product);
  await direct.render();
  const [raws, directs, products, added]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let round = 0; round < rounds; round++) {
    for (let index = 0; index < 3; index++) raws.push(await raw.once());
    const [alone, whole] = [await direct.render(), await throughProduct(product)];
    directs.push(alone);
    products.push(whole);
    added.push(whole - alone);
  }
  direct.close();
  report.say(
    table(`ms, jobs of ${name}`, [
      ["raw BullMQ, add → processed", raws],
      ["direct call of ComfyUI", directs],
      ["accepted → artifact readable", products],
      ["what the product adds", added],
    ]),
  );
  const between = Math.max(0, median(products) - median(directs));
  report.goal(`${name}: added (${show(between)} ms) ÷ raw BullMQ (${show(median(raws))} ms), of p50`, between / median(raws), "at most", 3);
  report.say(`  p95 added: ${show(quantile(added, 0.95))} ms; ratio to direct: ${show(median(products) / median(directs))}`);
}

async function onServer(report: Report, server: string, env: Record<string, string>, redisUrl?: string): Promise<void> {
  for (const [name, ms, rounds] of [
    ["100 ms", 100, 30],
    ["1 s", 1000, 8],
  ] as const) {
    const engine = await startEngine(ms / steps);
    const product = await makeProduct("latency", { MYSPINBOT_PREVIEW: "0", MYSPINBOT_LOG: "error", COMFYUI_URL: engine.url, ...env });
    try {
      await product.start();
      const raw = await openRawQueue(redisUrl ? { redisUrl } : { databaseUrl: await product.postgresUrl() });
      await compare(report, product, engine, raw, `${name} on ${server}`, rounds);
      if (ms === 100) {
        const turns: number[] = [];
        for (let round = 0; round < 12; round++) turns.push(await turn(product));
        report.say(table(`ms, the agent's turn on ${server}`, [["message → job named (slash)", turns]]));
      }
      await raw.close();
    } finally {
      await product.end();
      await engine.end();
    }
  }
}

/** Both ways at the same time, each with an engine of its own: twenty seconds once, not twice. */
async function longJobs(report: Report): Promise<void> {
  const engines = await Promise.all([startEngine(20_000 / steps), startEngine(20_000 / steps)]);
  const [own, other] = engines;
  const product = await makeProduct("latency", { MYSPINBOT_PREVIEW: "0", MYSPINBOT_LOG: "error", COMFYUI_URL: own.url });
  const direct = await openDirect(other.url);
  try {
    await product.start();
    const pairs = await Promise.all([direct.render(), throughProduct(product)]);
    const again = await Promise.all([direct.render(), throughProduct(product)]);
    const [directs, products] = [
      [pairs[0], again[0]],
      [pairs[1], again[1]],
    ];
    report.say(
      table("ms, jobs of 20 s", [
        ["direct call of ComfyUI", directs],
        ["accepted → artifact readable", products],
      ]),
    );
    report.goal("20 s: product ÷ direct", median(products) / median(directs), "at most", 1.02);
  } finally {
    direct.close();
    await product.end();
    for (const engine of engines) await engine.end();
  }
}

export async function latency(report: Report): Promise<void> {
  build();
  await onServer(report, "PostgreSQL", {});
  const { startRedis } = await import("../platform/bullmq/testing/redis-server.ts");
  const redis = await startRedis(true).catch(() => undefined);
  if (redis) await onServer(report, "Redis", { REDIS_URL: redis.url }, redis.url).finally(() => redis.end());
  else report.say("redis-server is not installed: Redis was not measured (apt-get install redis-server)");
  await longJobs(report);
}
