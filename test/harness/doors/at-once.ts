/** Two stdio MCP clients, one `chat` and one `start` at once on one empty data folder: one studio, four jobs, four right files. */
import { readFile } from "node:fs/promises";
import { connectStdio, type Kind, type Result } from "../../../mcp-server/testing/clients.ts";
import type { Checks } from "../checks.ts";
import { main, makeProduct, type Product, sha256, until } from "../product.ts";

interface Made {
  door: string;
  artifact: string;
  sha256: string;
}

interface Job {
  id: string;
  state: string;
  artifacts: { id: string }[];
}

const jobOf = (result: Result): Job => {
  const job = result.structuredContent?.["job"] as Job | undefined;
  if (!job) throw new Error(JSON.stringify(result.content));
  return job;
};

async function byMcp(product: Product, kind: Kind, prompt: string): Promise<Made> {
  const client = await connectStdio(kind, { command: process.execPath, args: [main, "mcp"], env: product.env });
  try {
    let job = jobOf(await client.call("render_image", { prompt, width: 256, height: 256 }));
    while (job.state !== "succeeded") {
      if (job.state === "failed") throw new Error(JSON.stringify(job));
      job = jobOf(await client.call("wait_for_job", { job_id: job.id }));
    }
    const artifact = job.artifacts[0]?.id ?? "";
    const blob = (await client.read(`myspinbot://artifacts/${artifact}`)).find((content) => content.blob)?.blob ?? "";
    return { door: `MCP over stdio (${kind})`, artifact, sha256: sha256(Buffer.from(blob, "base64")) };
  } finally {
    await client.close();
  }
}

async function byChat(product: Product): Promise<Made> {
  const chat = product.run(["chat", "--json", "--new", "--out", "chat-files", "/render a fox from the chat --size 256x256"]);
  const code = await chat.ended;
  if (code !== 0) throw new Error(`chat ended with ${code}: ${chat.stdout}${chat.stderr}`);
  const parts = chat.stdout.trim().split("\n");
  const saved = parts
    .map((line) => JSON.parse(line) as { type: string; artifact: string; path: string })
    .find((part) => part.type === "saved");
  if (!saved) throw new Error(chat.stdout);
  return { door: "chat", artifact: saved.artifact, sha256: sha256(await readFile(saved.path)) };
}

/** `start` either becomes the server or says which one is. Its door is HTTP. */
async function byHttp(product: Product, checks: Checks): Promise<Made> {
  const started = product.run(["start"]);
  const info = await until(() => product.folder.serverInfo(), "a server says where it listens");
  if (info.pid !== started.pid) {
    const code = await started.ended;
    checks.check(
      `start found the folder in use and said by whom (exit ${code})`,
      code === 1 && started.stderr.includes(`${info.pid}`),
      started.stderr,
    );
  } else checks.note("start became the server");
  const post = await fetch(`${info.url}/v1/tools/render_image`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": "doors" },
    body: JSON.stringify({ prompt: "a fox over HTTP", width: 256, height: 256 }),
  });
  let { job } = (await post.json()) as { job: Job };
  job = await until(async () => {
    const found = (await (await fetch(`${info.url}/v1/jobs/${job.id}`)).json()) as Job;
    return found.state === "succeeded" && found;
  }, "the job over HTTP succeeds");
  const artifact = job.artifacts[0]?.id ?? "";
  const body = await (await fetch(`${info.url}/v1/files/${artifact}/file.png`)).arrayBuffer();
  return { door: "HTTP of start", artifact, sha256: sha256(new Uint8Array(body)) };
}

export async function doorsAtOnce(checks: Checks): Promise<void> {
  const product = await makeProduct("doors");
  try {
    const made = await Promise.all([
      byMcp(product, "v2 modern", "a fox for the first client"),
      byMcp(product, "v2 legacy", "a fox for the second client"),
      byChat(product),
      byHttp(product, checks),
    ]);
    const rows = await product.rows<{ id: string; job: string; sha256: string }>(
      "select a.id, a.job, a.sha256 from artifacts a join jobs j on j.id = a.job where j.state = 'succeeded'",
    );
    const [count] = await product.rows<{ jobs: number }>("select count(*)::int as jobs from jobs");
    checks.check("four jobs in all", count?.jobs === 4, count);
    checks.check("one artifact for each", rows.length === 4 && new Set(rows.map((row) => row.job)).size === 4, rows);
    for (const { door, artifact, sha256: got } of made) {
      const row = rows.find((entry) => entry.id === artifact);
      checks.check(`${door}: its file has the sha256 of its row (${got.slice(0, 12)}…)`, row?.sha256 === got, { got, row });
    }
    const servers = await product.servers();
    checks.check(`exactly one server process (pid ${servers.join(", ")})`, servers.length === 1, servers);
    const owner = await product.folder.owner();
    checks.check("it is the owner of the data folder", owner?.pid === servers[0], owner);
  } finally {
    await product.end();
  }
}
