/** One server under measurement: how it is asked for a picture and for something cheap, and which processes are its own. */
import type { Result, TestClient } from "../../mcp-server/testing/clients.ts";

export const side = 512;
export const steps = 10;

export interface Picture {
  /** Tool calls until a picture was in the answer. */
  calls: number;
  /** Further requests until the file's own bytes were there. */
  more: number;
  bytes: number;
}

export interface Contender {
  name: string;
  transport: "stdio" | "http";
  client: TestClient;
  /** @param original until the file itself is there, not only a preview of it. */
  picture(original: boolean): Promise<Picture>;
  /** How a job stands that ended long ago. */
  look(): Promise<void>;
  /** Processes of the server; for a thin client of a studio: both. */
  servers(): Promise<number[]>;
  /** Of its database, where it has one. */
  database(): Promise<number[]>;
  end(): Promise<void>;
}

export function imageBytes(result: Result): number {
  const image = result.content.find(({ type }) => type === "image");
  return Buffer.from(image?.data ?? "", "base64").length;
}

export function textOf(result: Result): string {
  const text = result.content.map((block) => block.text ?? "").join("\n");
  if (result.isError) throw new Error(text);
  return text;
}
