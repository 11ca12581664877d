/** Administrator's pages: opened by an admin's key alone, also while the studio is away, and not by guessing. */
import { describe, expect, it } from "vitest";
import { createVerifier, keyOf } from "./verify.ts";

const basic = (key: string) => `Basic ${Buffer.from(`me:${key}`).toString("base64")}`;
function world() {
  const state = { status: 200, down: false, asked: [] as string[], at: 0 };
  const ask = (async (url: URL, { headers }: { headers: { authorization: string } }) => {
    state.asked.push(`${url} ${headers.authorization}`);
    if (state.down) throw new TypeError("fetch failed");
    return new Response("{}", { status: state.status });
  }) as unknown as typeof fetch;
  return { state, verify: createVerifier({ studio: "http://server:4417", ask, now: () => state.at }) };
}

describe("forward auth", () => {
  it("reads the key from a password or a bearer token, and from nothing else", () => {
    expect(keyOf(basic("spin_a:b"))).toBe("spin_a:b");
    expect(keyOf("Bearer spin_x")).toBe("spin_x");
    for (const none of [undefined, "", "Basic", "Digest abc", basic(""), `Basic ${Buffer.from("x").toString("base64")}`])
      expect(keyOf(none)).toBe(undefined);
  });

  it("asks a browser for a key, and the studio whether it may see its status", async () => {
    const { state, verify } = world();
    expect(await verify(undefined, "a")).toMatchObject({
      status: 401,
      headers: { "WWW-Authenticate": expect.stringMatching(/^Basic realm=/) },
    });
    expect(state.asked).toEqual([]);
    expect(await verify(basic("spin_k"), "a")).toMatchObject({ status: 200 });
    expect(state.asked).toEqual(["http://server:4417/v1/status Bearer spin_k"]);
  });

  it("asks again for a key after 30 s, so that a revoked one ends", async () => {
    const { state, verify } = world();
    await verify(basic("k"), "a");
    state.status = 401;
    state.at = 29_000;
    expect(await verify(basic("k"), "a")).toMatchObject({ status: 200 });
    state.at = 31_000;
    expect(await verify(basic("k"), "a")).toMatchObject({ status: 401 });
    state.down = true;
    expect(await verify(basic("k"), "a")).toMatchObject({ status: 503 });
  });

  it("tells a key without the scope from an unknown one", async () => {
    const { state, verify } = world();
    state.status = 403;
    expect(await verify(basic("k"), "a")).toMatchObject({ status: 403, text: expect.stringContaining("admin") });
  });

  it("lets a key in that was good within 12 h while the studio is away, and no other", async () => {
    const { state, verify } = world();
    await verify(basic("k"), "a");
    state.down = true;
    state.at = 11 * 3_600_000;
    expect(await verify(basic("k"), "a")).toMatchObject({ status: 200 });
    expect(await verify(basic("other"), "a")).toMatchObject({ status: 503 });
    state.at = 13 * 3_600_000;
    expect(await verify(basic("k"), "a")).toMatchObject({ status: 503 });
  });

  it("looks at ten wrong keys a minute from one address, and at another's still", async () => {
    const { state, verify } = world();
    state.status = 401;
    for (let n = 0; n < 10; n += 1) expect(await verify(basic(`k${n}`), "a")).toMatchObject({ status: 401 });
    expect(await verify(basic("k11"), "a")).toMatchObject({ status: 429, headers: { "Retry-After": "60" } });
    expect(state.asked).toHaveLength(10);
    state.status = 200;
    expect(await verify(basic("good"), "b")).toMatchObject({ status: 200 });
    state.at = 61_000;
    expect(await verify(basic("k11"), "a")).toMatchObject({ status: 200 });
  });
});
