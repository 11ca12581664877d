import { describe, expect, it } from "vitest";
import { inOnePiece, isWhole } from "./in-one-piece.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function stream(): { response: Response; say(text: string): void; end(): void; fail(): void; canceled: Promise<unknown> } {
  const headers = { "content-type": "text/event-stream", "mcp-session-id": "one" };
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let cancel!: (reason: unknown) => void;
  const canceled = new Promise<unknown>((resolve) => {
    cancel = resolve;
  });
  const body = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
    },
    cancel,
  });
  return {
    response: new Response(body, { headers }),
    say: (text) => controller.enqueue(bytes(text)),
    end: () => controller.close(),
    fail: () => controller.error(new Error("it broke")),
    canceled,
  };
}

const never = 60_000;

describe("an event stream", () => {
  it("that ends at once is one piece with its length, its headers and every event", async () => {
    const { response, say, end } = stream();
    say("id: 1\ndata: \n\n");
    const answer = inOnePiece(response, never);
    say("id: 2\ndata: é\n\n");
    end();
    const whole = await answer;
    expect(isWhole(whole)).toBe(true);
    expect(whole.headers.get("mcp-session-id")).toBe("one");
    const text = await whole.text();
    expect(text).toBe("id: 1\ndata: \n\nid: 2\ndata: é\n\n");
    expect(whole.headers.get("content-length")).toBe(`${bytes(text).length}`);
  });

  it("that goes on is a stream, with what it said first at its head and the rest as it comes", async () => {
    const { response, say, end } = stream();
    say("a");
    const open = await inOnePiece(response, 1);
    expect(isWhole(open)).toBe(false);
    const reader = open.body?.getReader();
    expect((await reader?.read())?.value).toEqual(bytes("a"));
    say("b");
    expect((await reader?.read())?.value).toEqual(bytes("b"));
    end();
    expect((await reader?.read())?.done).toBe(true);
  });

  it("whose reader goes is canceled", async () => {
    const { response, canceled } = stream();
    const open = await inOnePiece(response, 1);
    await open.body?.cancel("gone");
    expect(await canceled).toBe("gone");
  });

  it("that breaks off is an error for whoever waits, early and late", async () => {
    const early = stream();
    const answer = inOnePiece(early.response, never);
    early.fail();
    await expect(answer).rejects.toThrow("it broke");
    const late = stream();
    const open = await inOnePiece(late.response, 1);
    late.fail();
    await expect(open.text()).rejects.toThrow("it broke");
  });
});

it("what is no event stream is left as it is", async () => {
  const plain = Response.json({ ok: true });
  expect(await inOnePiece(plain)).toBe(plain);
  const empty = new Response(null, { status: 202 });
  expect(await inOnePiece(empty)).toBe(empty);
});
