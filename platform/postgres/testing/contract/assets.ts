/** What every store of assets does; `make` puts one there as a job's publishing does. */
import { expect, it } from "vitest";
import type { Asset, AssetDetails, DatasetDetails, Makes } from "../../../../core/asset.ts";
import type { AssetStore } from "../../../../core/ports/asset-store.ts";
import { failureOf, unique } from "../drafts.ts";

export const loraOf = (name: string): Makes => ({ kind: "lora", name, family: "sd15", triggerWords: ["bsct dog"] });
export const datasetOf = (name: string): Makes => ({ kind: "dataset", name, pictures: 3 });

export function assetContract(store: () => AssetStore, make: (principal: string, makes: Makes) => Promise<Asset>): void {
  it("is found by id and by name, in upper or lower case, composed or not, by its owner alone", async () => {
    const [me, you] = [unique("me"), unique("you")];
    const asset = await make(me, loraOf("Crème brûlée"));
    for (const ref of [asset.id, "Crème brûlée", "CRÈME BRÛLÉE", "crème brûlée".normalize("NFD"), "  crème  brûlée "]) {
      expect(await store().find(me, "lora", ref)).toEqual(asset);
      expect(await store().find(me, undefined, ref)).toEqual(asset);
      expect(await store().find(me, "dataset", ref)).toBeUndefined();
      expect(await store().find(you, "lora", ref)).toBeUndefined();
    }
    expect(await store().find(me, "lora", "nul \0")).toBeUndefined();
    expect(await store().list(you)).toEqual([]);
  });

  it("an id goes before a name that looks like it", async () => {
    const me = unique("me");
    const first = await make(me, loraOf("first"));
    const second = await make(me, loraOf("second"));
    await store().rename(me, second.id, first.id);
    expect((await store().find(me, "lora", first.id))?.id).toBe(first.id);
  });

  it("are listed newest first, of one kind where that is asked, and no more than asked for", async () => {
    const me = unique("me");
    const [a, b, c] = [await make(me, loraOf("a")), await make(me, datasetOf("b")), await make(me, loraOf("c"))];
    const ids = async (options?: Parameters<AssetStore["list"]>[1]) => (await store().list(me, options)).map(({ id }) => id);
    expect(await ids()).toEqual([c.id, b.id, a.id]);
    expect(await ids({ kind: "lora" })).toEqual([c.id, a.id]);
    expect(await ids({ limit: 2 })).toEqual([c.id, b.id]);
  });

  it("takes another name, unless one of the same kind has it; nobody else's", async () => {
    const [me, you] = [unique("me"), unique("you")];
    const [one, other] = [await make(me, loraOf("one")), await make(me, loraOf("other"))];
    await make(me, datasetOf("set"));
    expect((await failureOf(store().rename(me, one.id, "OTHER"))).code).toBe("conflict");
    expect(await store().rename(me, one.id, "Set")).toMatchObject({ id: one.id, name: "Set", job: one.job });
    expect(await store().rename(me, one.id, "SET")).toMatchObject({ name: "SET" });
    expect(await store().find(me, "lora", "one")).toBeUndefined();
    expect(await store().rename(you, other.id, "mine")).toBeUndefined();
    expect(await store().find(me, "lora", "other")).toEqual(other);
  });

  it("is edited by its owner, and stays where the change is for another kind", async () => {
    const [me, you] = [unique("me"), unique("you")];
    const set = await make(me, datasetOf("set"));
    const details: DatasetDetails = { kind: "dataset", pictures: [], captionedBy: "person", warnings: ['"quoted" \0 123'] };
    expect(await store().edit(you, set.id, () => details)).toBeUndefined();
    const lora = await make(me, loraOf("lora"));
    const forDatasets = (old: AssetDetails) => (old.kind === "dataset" ? details : undefined);
    expect(await store().edit(me, lora.id, forDatasets)).toBeUndefined();
    expect(await store().find(me, "lora", "lora")).toEqual(lora);
    const kept = await store().edit(me, set.id, () => details);
    expect(kept).toMatchObject({ id: set.id, name: "set", details: { captionedBy: "person" } });
    expect(kept?.updatedAt.getTime()).toBeGreaterThanOrEqual(set.updatedAt.getTime());
    expect((await store().find(me, "dataset", "set"))?.details).toEqual(kept?.details);
  });

  it("keeps every one of many edits at once", async () => {
    const me = unique("me");
    const set = await make(me, datasetOf("set"));
    const words = Array.from({ length: 12 }, (_, index) => `w${index}`);
    const add = (word: string) =>
      store().edit(me, set.id, (details) =>
        details.kind === "dataset" ? { ...details, warnings: [...details.warnings, word] } : undefined,
      );
    await Promise.all(words.map(add));
    const edited = (await store().find(me, "dataset", "set"))?.details as DatasetDetails;
    expect(edited.warnings).toEqual(expect.arrayContaining(words));
  });

  it("goes for its owner alone, and its name is free then", async () => {
    const [me, you] = [unique("me"), unique("you")];
    const asset = await make(me, loraOf("biscuit"));
    expect(await store().remove(you, asset.id)).toBe(false);
    expect(await store().remove(me, asset.id)).toBe(true);
    expect(await store().remove(me, asset.id)).toBe(false);
    expect(await store().find(me, "lora", "biscuit")).toBeUndefined();
    expect((await make(me, loraOf("biscuit"))).name).toBe("biscuit");
  });

  it("every LoRA is everybody's, and no dataset", async () => {
    const made = [await make(unique("me"), loraOf("a")), await make(unique("you"), loraOf("a"))].map(({ id }) => id);
    const set = await make(unique("me"), datasetOf("d"));
    const ids = (await store().everyLora()).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(made));
    expect(ids).not.toContain(set.id);
  });
}
