/** The server dies between the commit of a chat turn's job and the first byte about it: after the restart the result is owed to the message, and claimed once. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ClaimedView } from "../core/delivery.ts";
import { askJson } from "../http/connection.ts";
import { type Command, fromSource, makeProduct, type Product, until } from "./harness/product.ts";

let product: Product;
beforeAll(async () => {
  product = await makeProduct("owed", { HARNESS_SLOW_MS: "600000", HARNESS_PERIODS: '{"reconcileMs":500,"lockMs":2000,"stalledMs":1000}' });
}, 60_000);
afterAll(() => product.end(), 60_000);

async function start(env: Record<string, string> = {}): Promise<Command> {
  const server = product.run([], { env: { ...product.env, ...env } }, fromSource("test/harness/server-main.ts"));
  await until(() => server.stdout.includes("@@ ready"), `the server is ready ${server.stderr}`);
  return server;
}

it("a job that was accepted while nobody could be told of it is owed to its chat, once", async () => {
  const first = await start();
  const target = { chat: "chat-1", message: "message-1" };
  const turn = { text: "/render a fox --size 256x256", conversation: "owui-chat-1", message: "message-1" };
  const body = JSON.stringify({ ...turn, delivery: { target, worker: "killed", lease_seconds: 5 } });
  const post = <T>(path: string, sent: string) =>
    askJson<T>({ socketPath: product.folder.socketPath }, { method: "POST", path, body: sent });
  const broken = post("/v1/chat", body).then(
    () => "answered",
    () => "broken",
  );
  await until(() => first.stdout.includes("@@ boundary accepted render_image"), "the job is accepted");
  first.child.kill("SIGKILL");
  expect(await first.ended).toBe("SIGKILL");
  expect(await broken).toBe("broken");

  await start({ HARNESS_SLOW_MS: "0" });
  const claim = (worker: string) =>
    post<{ deliveries: ClaimedView[] }>("/v1/deliveries/claim", JSON.stringify({ worker, wait_seconds: 5 })).then(
      (found) => found.deliveries,
    );
  const claimed = await until(async () => {
    const found = await claim("poller");
    return found.length > 0 && found;
  }, "the result can be claimed");
  expect(claimed).toHaveLength(1);
  const [owed] = claimed;
  expect(owed).toMatchObject({ target, message: "message-1", conversation: "owui-chat-1", job: { state: "succeeded" } });
  expect(owed?.job.artifacts).toHaveLength(1);
  await post(`/v1/deliveries/${owed?.id}/ack`, "{}");

  // the turn that comes again finds its job, and owes nothing anew
  const parts = [];
  const request = { ...turn, delivery: { target, worker: "again", lease_seconds: 5 } };
  for await (const part of product.client.chat(request)) parts.push(part);
  expect(parts.find((part) => part.type === "job")).toMatchObject({ job: { id: owed?.job.id }, delivery: owed?.id });
  expect(await product.rows("select state, count(*)::int from deliveries group by state")).toEqual([{ state: "delivered", count: 1 }]);
  expect(await product.rows("select count(*)::int from jobs")).toEqual([{ count: 1 }]);
}, 180_000);
