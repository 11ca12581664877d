/** Every row of ours as it stands in one moment, straight from the database into the tar. */
import type pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import { quoted } from "./catalog.ts";
import { chatSchema, momentary, type TableEntry, tableEntry } from "./format.ts";
import type { TarWriter } from "./tar-writer.ts";

export interface StoredRow {
  key: string;
  bytes: number;
  sha256: string;
  mediaType: string;
  artifact: string;
  name: string;
}

/** Settings hold what is true of now alone; of it nothing is kept. */
function source(table: string, columns: readonly string[]): string {
  const list = columns.map(quoted).join(", ");
  if (table === "settings")
    return `(select ${list} from public.settings where name not in (${momentary.map((name) => `'${name}'`).join(", ")}))`;
  return `${quoted(table.startsWith(`${chatSchema}.`) ? table : `public.${table}`)} (${list})`;
}

/** @param session in a transaction that sees one moment. */
export async function writeTable(session: pg.Client, tar: TarWriter, name: string, columns: string[]): Promise<TableEntry> {
  const rows = session.query(copyTo(`copy ${source(name, columns)} to stdout`));
  const { bytes, sha256, lines } = await tar.add(tableEntry(name), rows);
  if (lines !== rows.rowCount) throw new Error(`${name} came as ${lines} lines of ${rows.rowCount} rows`);
  return { name, columns, rows: lines, bytes, sha256 };
}

/** The files that rows name, in batches. @param session as above. */
export async function* storedFiles(session: pg.Client): AsyncGenerator<StoredRow[]> {
  await session.query(`declare stored no scroll cursor for
    select storage_key as key, bytes::float8 as bytes, sha256, media_type as "mediaType", id as artifact, name from public.artifacts order by number`);
  for (;;) {
    const { rows } = await session.query<StoredRow>("fetch 1000 from stored");
    if (rows.length === 0) break;
    yield rows;
  }
  await session.query("close stored");
}
