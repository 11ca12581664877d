/** Assets in memory, for tests of what stands on their store; it keeps the same contract as PostgreSQL. */
import { type Asset, type AssetDetails, assetIdOf, type Makes, nameKey, type VoiceDetails } from "../asset.ts";
import { Failure } from "../failure.ts";
import type { AssetStore } from "../ports/asset-store.ts";

/** An asset as the job that promised it would have made it, with three pictures. */
export function testAsset(makes: Makes, more: Partial<Asset> = {}): Asset {
  const job = more.job ?? "job_0000000000000001";
  const at = new Date(0);
  const picture = (number: number) => ({
    number,
    artifact: `art_000000000000000${number}`,
    sha256: "0".repeat(64),
    width: 512,
    height: 512,
  });
  if (makes.kind === "file") throw new Error("a file is no asset");
  const details: AssetDetails =
    makes.kind === "voice"
      ? testVoice(makes.language)
      : makes.kind === "dataset"
        ? {
            kind: "dataset",
            pictures: [1, 2, 3].map((index) => ({ ...picture(index), caption: "a dog" })),
            captionedBy: "words",
            warnings: [],
          }
        : {
            ...{ kind: "lora", family: makes.family, triggerWords: makes.triggerWords, baseModel: "base", licence: "unknown", rank: 16 },
            ...{ steps: 100, stepsAsked: 100, resolution: 512, dataset: "ast_0000000000000009", pictures: 12 },
            ...{ artifact: "art_0000000000000004", sha256: "0".repeat(64), samples: [] },
          };
  return {
    id: assetIdOf(job),
    principal: "local",
    kind: makes.kind,
    name: makes.name,
    job,
    details,
    createdAt: at,
    updatedAt: at,
    ...more,
  };
}

const testVoice = (language: string): VoiceDetails => ({
  ...{ kind: "voice", person: "June", language, transcript: "Hello, I am June.", transcriptBy: "person" },
  ...{ artifact: "art_0000000000000005", sha256: "0".repeat(64), seconds: 8, warnings: [], test: "art_0000000000000006" },
  original: { artifact: "art_0000000000000007", sha256: "1".repeat(64), start: 0 },
  consent: {
    ...{
      subject: "voice",
      person: "June",
      statement: "June agreed.",
      references: [{ artifact: "art_0000000000000007", sha256: "1".repeat(64) }],
    },
    ...{ approval: "appr_0000000000000001", at: "2026-01-01T00:00:00.000Z", by: "local", how: "page", face: "chat" },
  },
});

export function memoryAssets(given: readonly Asset[] = []): AssetStore & { rows: Asset[] } {
  const rows: Asset[] = [...given];
  const own = (principal: string, id: string) => rows.find((row) => row.id === id && row.principal === principal);
  return {
    rows,
    async find(principal, kind, ref) {
      const mine = rows.filter((row) => row.principal === principal && (kind === undefined || row.kind === kind));
      return mine.find(({ id }) => id === ref) ?? mine.findLast(({ name }) => nameKey(name) === nameKey(ref));
    },
    async list(principal, { kind, limit = 200 } = {}) {
      return rows
        .filter((row) => row.principal === principal && (kind === undefined || row.kind === kind))
        .reverse()
        .slice(0, limit);
    },
    async rename(principal, id, name) {
      const row = own(principal, id);
      if (!row) return undefined;
      const other = rows.find(
        (one) => one !== row && one.principal === principal && one.kind === row.kind && nameKey(one.name) === nameKey(name),
      );
      if (other) throw new Failure("conflict", `You have another ${row.kind} "${other.name}".`);
      return Object.assign(row, { name, updatedAt: new Date() });
    },
    async edit(principal, id, change) {
      const row = own(principal, id);
      const details = row && change(row.details);
      return row && details && Object.assign(row, { details, updatedAt: new Date() });
    },
    async remove(principal, id) {
      const row = own(principal, id);
      if (row) rows.splice(rows.indexOf(row), 1);
      return row !== undefined;
    },
    everyLora: async () => rows.filter(({ kind }) => kind === "lora").reverse(),
  };
}
