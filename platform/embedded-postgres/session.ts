/** One question to a server: are you ours, and ready? */
import pg from "pg";
import { type Cluster, owner } from "./cluster.ts";

/** `down`: nobody listens; `busy`: it is there but takes no session yet; `foreign`: it does not take our password, or serves other data. */
export type Answer = "ready" | "down" | "busy" | "foreign";

export function urlOf({ password }: Cluster, port: number, database = owner): string {
  return `postgres://${owner}:${password}@127.0.0.1:${port}/${database}`;
}

async function ask(connectionString: string, text: string): Promise<{ data_directory?: string } | undefined> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 10_000, application_name: "myspinbot-start", ssl: false });
  // one that breaks while it is ended is of no interest, and must not end the process
  client.on("error", () => undefined);
  try {
    await client.connect();
    return (await client.query<{ data_directory: string }>(text)).rows[0];
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Makes the database when it is missing: the first start may have been cut short before that. What is wrong with the server itself is thrown. */
export async function askServer(cluster: Cluster, port: number): Promise<Answer> {
  try {
    const row = await ask(urlOf(cluster, port), "show data_directory");
    return row?.data_directory === cluster.data ? "ready" : "foreign";
  } catch (error) {
    const { code = "", message } = error as Error & { code?: string };
    if (code === "3D000") return makeDatabase(cluster, port);
    if (/^28/.test(code)) return "foreign";
    if (/^(57P0[1-3]|53300)/.test(code)) return "busy";
    if (/^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)$/.test(code) || /Connection terminated|timeout/i.test(message)) return "down";
    throw error;
  }
}

async function makeDatabase(cluster: Cluster, port: number): Promise<Answer> {
  try {
    await ask(urlOf(cluster, port, "postgres"), `create database ${owner}`);
  } catch (error) {
    if ((error as { code?: string }).code !== "42P04") throw error;
  }
  return askServer(cluster, port);
}
