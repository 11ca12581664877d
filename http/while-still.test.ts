/** What is cut when a key is revoked or a token ends, and what is not. */
import { expect, it } from "vitest";
import { Failure } from "../core/failure.ts";
import { until } from "./testing/app-parts.ts";
import { whileStill } from "./while-still.ts";

/** A stream that its test feeds, and whether its reader has gone. */
function source(type = "text/event-stream") {
  const seen = { gone: false };
  let feed: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      feed = controller;
    },
    cancel() {
      seen.gone = true;
    },
  });
  const response = new Response(body, { status: 201, headers: { "content-type": type, "mcp-session-id": "s" } });
  return { response, seen, say: (text: string) => feed?.enqueue(new TextEncoder().encode(text)), end: () => feed?.close() };
}

it("passes everything on, and asks no more when it has ended", async () => {
  const { response, say, end } = source();
  let asked = 0;
  const still = async () => {
    asked += 1;
    return true;
  };
  const same = await whileStill(Promise.resolve(response), still, 2);
  expect([same.status, same.headers.get("mcp-session-id")]).toEqual([201, "s"]);
  await until(() => asked > 2, "it is asked now and then");
  say("data: 1\n\n");
  end();
  expect(await same.text()).toBe("data: 1\n\n");
  const last = asked;
  const other = await whileStill(Promise.resolve(new Response("{}")), async () => true, 2);
  expect(await other.text()).toBe("{}");
  expect((await whileStill(Promise.resolve(new Response(null, { status: 202 })), still, 2)).body).toBeNull();
  await expect(whileStill(Promise.reject(new Error("no")), still, 2)).rejects.toThrow("no");
  expect(asked).toBe(last);
});

it("leaves an answer as it is that is all there", async () => {
  const whole = new Response("data: 1\n\n", { headers: { "content-type": "text/event-stream", "content-length": "9" } });
  expect(await whileStill(Promise.resolve(whole), async () => false, 2)).toBe(whole);
});

it("cuts a stream, says why, and lets go of what fed it", async () => {
  const { response, seen, say } = source();
  let allowed = true;
  const cut = await whileStill(Promise.resolve(response), async () => allowed, 2);
  say("data: 1\n\n");
  allowed = false;
  expect(await cut.text()).toMatch(/^data: 1\n\n: the access key was revoked, or the token has ended\n\n$/);
  await until(() => seen.gone, "its source ends");
});

it("refuses an answer that has not begun", async () => {
  const { response, seen } = source();
  let begin = (_: Response): void => undefined;
  const work = new Promise<Response>((resolve) => {
    begin = resolve;
  });
  await expect(whileStill(work, async () => false, 2)).rejects.toMatchObject({ status: 401, code: "unauthorized" });
  begin(response);
  await until(() => seen.gone, "what comes too late is let go");
});

it("goes on while nobody can tell, and ends with its reader", async () => {
  const { response, seen, say } = source();
  let asked = 0;
  const still = async (): Promise<boolean> => {
    asked += 1;
    throw new Failure("database_unavailable", "gone");
  };
  const reader = (await whileStill(Promise.resolve(response), still, 2)).body?.getReader();
  await until(() => asked > 2, "it is asked now and then");
  say("data: 1\n\n");
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("data: 1\n\n");
  await reader?.cancel();
  await until(() => seen.gone, "its source ends");
});

it("cuts once, however many answers that were under way say no; one that comes after the end cuts nothing", async () => {
  for (const leave of [false, true]) {
    const { response } = source();
    const answers: ((allowed: boolean) => void)[] = [];
    const still = () => new Promise<boolean>((resolve) => answers.push(resolve));
    const cut = await whileStill(Promise.resolve(response), still, 2);
    await until(() => answers.length > 1, "it is asked again while nobody has answered");
    if (leave) await cut.body?.cancel();
    // one that throws would end the whole process
    for (const say of answers) say(false);
    if (!leave) expect(await cut.text()).toContain("was revoked");
  }
});
