/** Our server on the same data folder and port, for a while as the program that has the tools of `test/fixtures`. */
import { fromSource, send, until } from "../harness/product.ts";
import type { Stage } from "./scene.ts";

async function restart({ product }: Stage, program?: readonly string[]): Promise<void> {
  for (const pid of await product.servers()) send(pid, "SIGTERM");
  await until(async () => (await product.servers()).length === 0, "our server is gone", 60_000);
  await product.start(undefined, program);
}

export async function withFixtures(stage: Stage, play: () => Promise<void>): Promise<void> {
  await restart(stage, fromSource("test/harness/fixtures-main.ts"));
  try {
    await play();
  } finally {
    await restart(stage);
  }
}
