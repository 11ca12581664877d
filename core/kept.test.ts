/** What was made once is not made again while there is room for it. */
import { describe, expect, it } from "vitest";
import { createKept } from "./kept.ts";

describe("what is kept", () => {
  const made: string[] = [];
  const make = (name: string, bytes: number) => async () => {
    made.push(name);
    return Buffer.alloc(bytes, name);
  };

  it("is made once, and goes when others need the room, the one asked for the longest ago first", async () => {
    const kept = createKept(10);
    for (const name of ["a", "b", "a", "c", "a", "b"]) expect(String(await kept.get(name, make(name, 4)))).toBe(name.repeat(4));
    expect(made.splice(0)).toEqual(["a", "b", "c", "b"]);
  });

  it("gives what is too large for it, and keeps neither that nor a failure", async () => {
    const kept = createKept(10);
    for (let times = 0; times < 2; times++) expect((await kept.get("large", make("large", 11))).length).toBe(11);
    expect(made.splice(0)).toEqual(["large", "large"]);
    await expect(kept.get("x", () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect((await kept.get("x", make("x", 1))).length).toBe(1);
    expect(made.splice(0)).toEqual(["x"]);
  });
});
