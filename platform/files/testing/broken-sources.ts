/** Part of the file store contract: a source that breaks, ends early or is aborted leaves nothing. */
import { randomBytes } from "node:crypto";
import { PassThrough, Readable } from "node:stream";
import { expect, it } from "vitest";
import { pieces, poll, type Subject } from "./subject.ts";

export function brokenSources(current: () => Subject): void {
  it.each([
    ["small", 1000],
    ["in parts", 20 << 20],
  ])("leaves nothing of a stream that breaks: %s", async (what, size) => {
    const key = `broken/${what.replace(" ", "-")}`;
    const error = new Error("the engine hung up");
    const source = Readable.from(
      (function* () {
        for (let at = 0; at < size; at += 1000) yield Buffer.alloc(1000, at);
        throw error;
      })(),
      { objectMode: false },
    );
    await expect(current().files.put(key, source)).rejects.toBe(error);
    expect(await current().files.stat(key)).toBeUndefined();
    await poll(async () => (await current().leftovers()) === 0, "the unfinished write is cleaned up");
  });

  it("leaves nothing of a stream that is closed early, without an error", async () => {
    const source = new PassThrough();
    const done = current().files.put("broken/closed", source);
    source.write(randomBytes(5000));
    setImmediate(() => source.destroy());
    await expect(done).rejects.toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
    expect(await current().files.stat("broken/closed")).toBeUndefined();
    expect(await current().leftovers()).toBe(0);
  });

  it.each([
    ["before anything came", 0],
    ["in the middle of parts", 20 << 20],
  ])("an abort ends it at once and leaves nothing: %s", async (what, size) => {
    const key = `aborted/${what.replaceAll(" ", "-")}`;
    const source = new PassThrough({ highWaterMark: 1 << 20 });
    const abort = new AbortController();
    const done = current().files.put(key, source, { signal: abort.signal });
    done.catch(() => undefined);
    for (let at = 0; at < size; at += 1 << 20) {
      if (!source.write(Buffer.alloc(1 << 20, at))) await new Promise((drained) => source.once("drain", drained));
    }
    // the source never ends and never says another word
    abort.abort();
    await expect(done).rejects.toMatchObject({ code: "canceled" });
    expect(source.destroyed).toBe(true);
    expect(await current().files.stat(key)).toBeUndefined();
    await poll(async () => (await current().leftovers()) === 0, "the unfinished write is cleaned up");
  });

  it("does not begin with a signal that is aborted already", async () => {
    const source = pieces(randomBytes(10));
    await expect(current().files.put("aborted/already", source, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "canceled",
    });
    await expect(current().files.put("aborted/already", randomBytes(3), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "canceled",
    });
    expect(await current().files.stat("aborted/already")).toBeUndefined();
  });
}
