import { readdir, readFile } from "node:fs/promises";
import { command, root, until } from "../test/harness/product.ts";
import { createKeysClient } from "../http/keys-client.ts";
import { connectHttp } from "../mcp-server/testing/clients.ts";
import { main, makeProduct } from "../test/harness/product.ts";
const [mode = "picture", prof = ""] = process.argv.slice(2);
const fake = command(process.execPath, ["--import", "tsx", "bench/mcp-fake-main.ts", "10", "512"], { cwd: root });
const { url: comfy } = JSON.parse(await until(() => fake.stdout.split("\n").find((l) => l.startsWith("{")), "fake"));
const product = await makeProduct("prof", { MYSPINBOT_PREVIEW: "0", MYSPINBOT_LOG: "error", COMFYUI_URL: comfy, ...(prof ? { NODE_OPTIONS: "--import=/tmp/mcpx/prof.mjs", PROF_OUT: prof } : {}) });
const server = await product.start();
const url = new URL("/mcp", (await product.folder.serverInfo())?.url);
const { secret } = await createKeysClient({ socketPath: product.folder.socketPath }).create({ name: "b" });
const client = await connectHttp("v1", url, secret);
let last = "";
const picture = async () => {
  const r: any = await client.call("render_image", { prompt: "a fox", width: 512, height: 512, steps: 10, seed: Math.floor(Math.random() * 1e9) });
  let job = r.structuredContent.job;
  while (job.state !== "succeeded") job = ((await client.call("wait_for_job", { job_id: job.id })) as any).structuredContent.job;
  last = job.id;
};
const threads = async () => {
  const out = new Map<string, number>();
  for (const t of await readdir(`/proc/${server.pid}/task`)) {
    const s = await readFile(`/proc/${server.pid}/task/${t}/stat`, "utf8");
    const name = s.slice(s.indexOf("(") + 1, s.lastIndexOf(")"));
    const f = s.slice(s.lastIndexOf(")") + 2).split(" ");
    out.set(t + " " + (Number(t) === server.pid ? "MAIN" : name), (Number(f[11]) + Number(f[12])) * 10);
  }
  return out;
};
for (let i = 0; i < 4; i++) await picture();
for (let i = 0; i < 20; i++) await client.call("get_job", { job_id: last });
if (prof) process.kill(server.pid, "SIGUSR2");
const before = await threads();
const n = mode === "picture" ? 25 : mode === "get" ? 150 : 300;
for (let i = 0; i < n; i++) {
  if (mode === "picture") await picture();
  else if (mode === "get") await client.call("get_job", { job_id: last });
  else await client.tools();
}
const after = await threads();
if (prof) { process.kill(server.pid, "SIGUSR2"); await new Promise((r) => setTimeout(r, 3000)); }
let other = 0;
for (const [k, v] of after) {
  const d = v - (before.get(k) ?? 0);
  if (k.includes("MAIN")) console.log("main", d / n);
  else other += d;
}
console.log([...after].map(([k, v]) => [k, v - (before.get(k) ?? 0)] as const).filter(([, d]) => d > 20).map(([k, d]) => `${k}: ${d / n}`).join("; "));
{ const a = await threads(); await new Promise((r) => setTimeout(r, 10000)); const b = await threads(); let d = 0; for (const [k, v] of b) d += v - (a.get(k) ?? 0); console.log("idle ms a second", d / 10); }
console.log("other threads", other / n, "per", mode);
await client.close();
server.child.kill("SIGTERM");
await server.ended;
await product.end();
fake.child.kill();
process.exit(0);
