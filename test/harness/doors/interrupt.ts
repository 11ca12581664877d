/** Ctrl-C in `chat` half way through a render of about ten seconds: the person leaves, the job goes on. */
import { readFile } from "node:fs/promises";
import type { Checks } from "../checks.ts";
import { makeProduct, sha256, startEngine, until } from "../product.ts";

const steps = 20;

export async function interruptedChat(checks: Checks): Promise<void> {
  const engine = await startEngine(10_000 / steps);
  const product = await makeProduct("interrupt", { MYSPINBOT_PREVIEW: "0", COMFYUI_URL: engine.url });
  try {
    const chat = product.run(["chat", "--new", `/render a fox in no hurry --size 256x256 --steps ${steps}`]);
    const percent = () => Math.max(0, ...[...chat.stdout.matchAll(/(\d+) %/g)].map((found) => Number(found[1])));
    await until(() => percent() >= 45, `half of the render ${chat.stdout}`);
    const at = percent();
    chat.child.kill("SIGINT");
    const code = await chat.ended;
    const said = `${chat.stdout}${chat.stderr}`;
    checks.check(`Ctrl-C at ${at} % ends chat with 130`, code === 130 && at < 90, code);
    const follow = /myspinbot chat '(\/wait (job_\w+))'/.exec(said);
    checks.check("it said how to follow the job", follow !== null, said);
    const id = follow?.[2] ?? "";
    const before = await product.client.job(id);
    checks.check("the job was running when chat had ended", before.state === "running", before.state);

    const followed = product.run(["chat", "--json", "--out", "followed", follow?.[1] ?? ""]);
    checks.check("following it as told ends with 0", (await followed.ended) === 0, `${followed.stdout}${followed.stderr}`);
    const job = await product.client.job(id);
    checks.check("the job succeeded in its first attempt", job.state === "succeeded" && job.attempt === 1, job);
    const saved = followed.stdout.split("\n").find((line) => line.includes('"saved"'));
    const path = saved ? (JSON.parse(saved) as { path: string }).path : "";
    checks.check("and its file was saved", path !== "" && sha256(await readFile(path)) === job.artifacts[0]?.sha256, followed.stdout);
    const history = (await (await fetch(`${engine.url}/history`)).json()) as Record<string, { status: { completed: boolean } }>;
    const prompts = Object.values(history).map((entry) => entry.status.completed);
    checks.check("the engine was asked once and never interrupted", prompts.join() === "true", prompts);
  } finally {
    await product.end();
    await engine.end();
  }
}
