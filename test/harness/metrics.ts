/** `npm run metrics:check`: the metrics of a real studio are valid, and a real Prometheus takes them. */
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../../platform/bullmq/testing/redis-server.ts";
import { createChecks } from "./checks.ts";
import { build, command, makeProduct, until } from "./product.ts";

const installed = (program: string) => spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;

build();
const checks = createChecks();
const product = await makeProduct("metrics");

async function metricsText(): Promise<string> {
  await product.start();
  const chat = product.run(["chat", "--new", "/render a fox that is counted --size 256x256"]);
  checks.check("a job through the chat succeeds", (await chat.ended) === 0, chat.stderr);
  const url = (await product.folder.serverInfo())?.url;
  const response = await fetch(`${url}/metrics`);
  checks.check("the type is the text format", (response.headers.get("content-type") ?? "").startsWith("text/plain; version=0.0.4"));
  return response.text();
}

async function askPrometheus(): Promise<void> {
  const target = new URL((await product.folder.serverInfo())?.url ?? "").host;
  const port = await freePort();
  const config = join(product.base, "prometheus.yml");
  await writeFile(
    config,
    `global: { scrape_interval: 1s }\nscrape_configs:\n  - job_name: myspinbot\n    static_configs: [{ targets: ["${target}"] }]\n`,
  );
  const server = command(
    "prometheus",
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(product.base, "tsdb")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=error",
    ],
    { cwd: product.base },
  );
  const value = async (query: string): Promise<number | undefined> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`).catch(() => undefined);
    const body = answer?.ok ? ((await answer.json()) as { data: { result: { value: [number, string] }[] } }) : undefined;
    const found = body?.data.result[0]?.value[1];
    return found === undefined ? undefined : Number(found);
  };
  try {
    await until(async () => (await value('up{job="myspinbot"}')) === 1, `the target is up ${server.stderr}`, 30_000);
    checks.check("Prometheus says that the target is up", true);
    for (const [query, wanted] of [
      ['sum(myspinbot_jobs_accepted_total{tool="render_image"})', 1],
      ['sum(myspinbot_jobs_total{tool="render_image",outcome="succeeded"})', 1],
      ["sum(myspinbot_stage_seconds_count)", 1],
      ["sum(myspinbot_http_request_seconds_count)", 1],
      ["sum(myspinbot_agent_turn_seconds_count)", 1],
      ["myspinbot_database_up", 1],
    ] as const) {
      const got = await until(async () => value(query), query, 10_000).catch(() => undefined);
      checks.check(`${query} ≥ ${wanted}`, got !== undefined && got >= wanted, got ?? "no such series");
    }
  } finally {
    server.child.kill("SIGTERM");
    await server.ended;
  }
}

await checks.scene("The metrics of a studio that made a picture", async () => {
  const text = await metricsText();
  if (installed("promtool")) {
    const tool = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
    checks.check("promtool check metrics", tool.status === 0, `${tool.stdout}${tool.stderr}`);
  } else checks.check("promtool is installed (apt-get install prometheus)", false);
  if (installed("prometheus")) await askPrometheus();
  else checks.note("prometheus is not installed: no scrape was tried (apt-get install prometheus)");
});
await product.end();
process.exit(checks.end());
