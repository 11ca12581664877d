/** Statements under names: the server parses and plans each text once a connection, not each time it comes. */
import { createHash } from "node:crypto";
import type pg from "pg";

const names = new Map<string, string>();

/** Characters of the longest text that is kept. An insert of hundreds of rows is another text for each number of them, and comes once. */
const longest = 8000;

/** Texts must be few: they may differ by which columns are asked for, never by how many values there are. Undefined for one that is not kept. */
export function nameOf(text: string): string | undefined {
  if (text.length > longest) return undefined;
  let name = names.get(text);
  if (!name) {
    name = `spin_${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
    names.set(text, name);
  }
  return name;
}

type Query = (config: pg.QueryConfig, values?: unknown[]) => Promise<pg.QueryResult>;

/** What drizzle sends goes by its name. */
export function named<Client extends pg.Pool | pg.PoolClient>(client: Client): Client {
  const query = client.query.bind(client) as unknown as Query;
  return {
    connect: client.connect.bind(client),
    query: (config: pg.QueryConfig, values?: unknown[]) => query({ ...config, name: nameOf(config.text) }, values),
  } as unknown as Client;
}
