/** A principal's named things: found, renamed, edited, taken away; nobody else's. */
import { describe, expect, it } from "vitest";
import { type Asset, type DatasetDetails, isAssetFile, loraFile } from "./asset.ts";
import { createAssets } from "./assets.ts";
import { Failure } from "./failure.ts";
import { newId } from "./ids.ts";
import { silentLog } from "./log.ts";
import { memoryAssets, testAsset } from "./testing/memory-assets.ts";

const [me, you] = [{ id: "me" }, { id: "you" }];
const lora = (name: string, principal = "me") =>
  testAsset({ kind: "lora", name, family: "sd15", triggerWords: [] }, { principal, job: newId("job") });
const dataset = (name: string, principal = "me") => testAsset({ kind: "dataset", name, pictures: 3 }, { principal, job: newId("job") });

function studioOf(rows: Asset[], unplace?: (asset: Asset) => Promise<void>) {
  const store = memoryAssets(rows);
  return { store, assets: createAssets({ assets: store, log: silentLog, ...(unplace ? { unplace } : {}) }) };
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

describe("another's", () => {
  it("is answered word for word as one that never was, whatever is asked of it", async () => {
    const theirs = lora("secret", "you");
    const { store, assets } = studioOf([theirs, lora("mine")]);
    const never = newId("ast");
    for (const ref of [theirs.id, "secret"]) {
      const other = ref === theirs.id ? never : "nothing";
      for (const ask of [
        (name: string) => assets.get(me, name),
        (name: string) => assets.get(me, name, "lora"),
        (name: string) => assets.rename(me, name, "taken over"),
        (name: string) => assets.edit(me, name, (details) => details),
        (name: string) => assets.remove(me, name),
      ]) {
        const [one, two] = [await failureOf(ask(ref)), await failureOf(ask(other))];
        expect(one.code).toBe("unknown_asset");
        expect(one.message.replace(ref, other)).toBe(two.message);
      }
    }
    expect(await assets.list(me)).toMatchObject([{ name: "mine" }]);
    expect(store.rows.find(({ id }) => id === theirs.id)).toEqual(theirs);
    expect(await assets.get(you, "SECRET")).toEqual(theirs);
  });
});

describe("a name", () => {
  it("that a LoRA and a dataset share must be said with its kind; an id need not", async () => {
    const [one, other] = [lora("biscuit"), dataset("biscuit")];
    const { assets } = studioOf([one, other]);
    const failure = await failureOf(assets.remove(me, "Biscuit"));
    expect([failure.code, failure.fields?.[0]?.path]).toEqual(["invalid_input", "kind"]);
    expect(failure.message).toContain("Say which kind");
    expect((await assets.get(me, "biscuit", "dataset")).id).toBe(other.id);
    expect((await assets.get(me, one.id)).kind).toBe("lora");
  });

  it("is kept as people write it, and refused where it is none", async () => {
    const { assets } = studioOf([lora("one"), lora("two")]);
    expect((await assets.rename(me, "one", "  Uncle   Bob ")).name).toBe("Uncle Bob");
    for (const bad of ["", " ", "../etc", "a/b", "<b>", "x".repeat(61), "-first"]) {
      const failure = await failureOf(assets.rename(me, "two", bad));
      expect([failure.code, failure.message]).toEqual(["invalid_input", expect.stringContaining("1 to 60")]);
    }
    expect((await failureOf(assets.rename(me, "two", "uncle bob"))).code).toBe("conflict");
  });

  it("that is unknown is answered with those there are", async () => {
    const { assets } = studioOf([lora("biscuit"), dataset("photos")]);
    expect((await failureOf(assets.get(me, "biskuit", "lora"))).message).toBe(
      'There is no LoRA "biskuit" of yours. There are: biscuit. list_assets shows them.',
    );
  });
});

it("a dataset's captions are edited, a LoRA has none", async () => {
  const { assets } = studioOf([dataset("photos"), lora("biscuit")]);
  const change = (details: DatasetDetails): DatasetDetails => ({ ...details, pictures: details.pictures.slice(1), captionedBy: "person" });
  expect((await assets.edit(me, "photos", change)).details).toMatchObject({ captionedBy: "person", pictures: [{}, {}] });
  expect((await failureOf(assets.edit(me, "biscuit", change))).code).toBe("unknown_asset");
});

describe("removing", () => {
  it("takes the row first, then what was placed for it", async () => {
    const seen: string[] = [];
    const rows = [lora("biscuit")];
    const { store, assets } = studioOf(rows, async (asset) => void seen.push(`${asset.name}, rows: ${store.rows.length}`));
    expect((await assets.remove(me, "biscuit")).id).toBe(rows[0]?.id);
    expect(seen).toEqual(["biscuit, rows: 0"]);
  });

  it("is done also where the file cannot be taken away: the next start takes what is nobody's", async () => {
    const { assets } = studioOf([lora("biscuit")], () => Promise.reject(new Error("EACCES")));
    expect((await assets.remove(me, "biscuit")).name).toBe("biscuit");
    expect(await assets.list(me)).toEqual([]);
  });
});

it("the file of an asset is known at any depth and with either slash; a person's own is none", () => {
  const file = loraFile(newId("ast"));
  for (const name of [file, `studio/${file}`, file.replace("/", "\\"), `studio\\${file.replace("/", "\\")}`])
    expect([name, isAssetFile(name)]).toEqual([name, true]);
  for (const name of ["biscuit.safetensors", "mymsb/one.safetensors", "msb.safetensors"])
    expect([name, isAssetFile(name)]).toEqual([name, false]);
});
