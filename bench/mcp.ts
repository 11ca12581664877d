/** Our MCP server beside npm `comfyui-mcp` and a bare one, all over one fake ComfyUI, in turns: bytes, processor time, calls a second, memory, calls a picture. */
import { build, command, root, until } from "../test/harness/product.ts";
import { type Built, buildBare } from "./mcp/build-bare.ts";
import { type Contender, side, steps } from "./mcp/contender.ts";
import { measure } from "./mcp/measure.ts";
import { startMyspinbot } from "./mcp/myspinbot.ts";
import { startBare, startPeer } from "./mcp/others.ts";
import { judge } from "./mcp/verdict.ts";
import type { Report } from "./numbers.ts";

const stepMs = 100 / steps;

async function startFake(): Promise<{ url: string; bytes: number; end(): Promise<void> }> {
  const fake = command(process.execPath, ["--import", "tsx", "bench/mcp-fake-main.ts", `${stepMs}`, `${side}`], { cwd: root });
  const line = await until(() => fake.stdout.split("\n").find((text) => text.startsWith("{")), `the fake ComfyUI starts ${fake.stderr}`);
  return {
    ...(JSON.parse(line) as { url: string; bytes: number }),
    async end() {
      fake.child.kill("SIGKILL");
      await fake.ended;
    },
  };
}

export async function mcp(report: Report): Promise<void> {
  build();
  const fake = await startFake();
  const open: Contender[] = [];
  let bare: Built | undefined;
  try {
    bare = await buildBare();
    report.say(
      `jobs of ${steps} steps of ${stepMs} ms, pictures of ${side}x${side} and ${fake.bytes} bytes; each server has its own process, the client is SDK v1 unless it says 2026`,
    );
    report.say(
      "in: every process of a server; over stdio ours has two, what the client starts and the studio behind it, which serves all clients. PostgreSQL has rows of its own. Out: the client, and the fake ComfyUI",
    );
    for (const transport of ["stdio", "http"] as const) {
      open.push(await startPeer(transport, fake.url, report.say));
      open.push(await startBare(transport, fake.url, bare.main));
      open.push(await startMyspinbot(transport, fake.url, "v1"));
      open.push(await startMyspinbot(transport, fake.url, "v2 modern"));
    }
    judge(report, await measure(open, report));
  } finally {
    await Promise.all(
      open.map((contender) => contender.end().catch((error: unknown) => report.say(`${contender.name} did not end: ${error}`))),
    );
    await bare?.end();
    await fake.end();
  }
}
