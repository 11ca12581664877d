/** Whose the stored files are, wherever restores were killed: by what lies in the store alone, each step of it done or not. */
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { beginStoreChange, settleStore, storeOwner } from "./store-owner.ts";

type Files = Parameters<typeof beginStoreChange>[0];

/** A store of a process that dies ahead of its change number `steps`. */
function dyingAfter(steps: number, kept: Map<string, Buffer>): Files {
  let left = steps;
  const change = () => {
    if (left-- === 0) throw new Error("killed");
  };
  return {
    stat: async (key: string) => (kept.has(key) ? { bytes: 1 } : undefined),
    open: async (key: string) => Readable.from([kept.get(key) ?? ""]),
    put: async (key: string, content: Buffer) => {
      change();
      kept.set(key, content);
    },
    remove: async (key: string) => {
      change();
      kept.delete(key);
    },
  } as unknown as Files;
}

const storeOf = (from: string | undefined) => new Map(from === undefined ? [] : [["installation/id", Buffer.from(from)]]);

/** A restore as far as its files, killed on its way: it takes for the owner whom it is told. */
async function killedRestore(kept: Map<string, Buffer>, to: string, steps: number): Promise<void> {
  const files = dyingAfter(steps, kept);
  const { whose } = await storeOwner(files, "here");
  await beginStoreChange(files, whose, to).catch(({ message }: Error) => expect(message).toBe("killed"));
}

const steps = [0, 1, 2, 3];
const killed = steps.flatMap((first) => steps.map((second) => ({ first, second })));

describe.each([{ from: "here" }, { from: undefined }])("files of $from", ({ from }) => {
  it.each(killed)("stay so when restores die in a row, the first behind $first changes, the next ones behind $second", async (at) => {
    const kept = storeOf(from);
    await killedRestore(kept, "one", at.first);
    for (const to of ["two", "three", "one"]) {
      await killedRestore(kept, to, at.second);
      expect((await storeOwner(dyingAfter(0, kept), "here")).whose).toBe(from);
    }
  });

  it("are those of the backup once its rows are there, and nothing of the change is left when that is settled", async () => {
    const kept = storeOf(from);
    const files = dyingAfter(Number.POSITIVE_INFINITY, kept);
    await killedRestore(kept, "one", 3);
    await beginStoreChange(files, from, "two");
    expect(await storeOwner(files, "two")).toEqual({ whose: "two", unsettled: true });
    await settleStore(files, "two");
    expect(await storeOwner(files, "two")).toEqual({ whose: "two", unsettled: false });
  });
});
