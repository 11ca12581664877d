/** What a backup is: one tar of the rows of one moment, the files that they name, and a manifest that vouches for all of it. */
import { z } from "zod";

/** Raised when an older version could not read it any more. */
export const format = 1;

/** In an order in which each finds the rows that it refers to. Everything but `lanes`: which workers are connected is true of now alone. */
export const ownTables = [
  "jobs",
  "attempts",
  "artifacts",
  "assets",
  "events",
  "settings",
  "plans",
  "deliveries",
  "access_keys",
  "approvals",
] as const;

/** The threads of chats, made and numbered by LangGraph. */
export const chatSchema = "langgraph";
export const chatTables = ["checkpoints", "checkpoint_blobs", "checkpoint_writes"].map((name) => `${chatSchema}.${name}`);

export const knownTables: readonly string[] = [...ownTables, ...chatTables];

/** Settings that are true of now alone: who holds the card. */
export const momentary = ["card"] as const;

export const manifestName = "manifest.json";
/** The last entry: the manifest's own SHA-256, so that nothing is believed of one that was changed. */
export const sealName = "manifest.json.sha256";
export const tableEntry = (name: string): string => `tables/${name}.copy`;
export const fileEntry = (key: string): string => `files/${key}`;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();

const tableSchema = z.object({
  name: z.string(),
  columns: z.array(z.string()).min(1),
  rows: count,
  bytes: count,
  sha256,
});
const fileSchema = z.object({ key: z.string(), bytes: count, sha256, mediaType: z.string() });
/** A file that a row names and that is not in the backup. */
const absentSchema = z.object({ key: z.string(), artifact: z.string(), name: z.string(), why: z.string() });

export const manifestSchema = z.object({
  format: z.number().int(),
  /** Of the program that made it. */
  version: z.string(),
  /** The moment that the rows are of, ISO 8601. */
  at: z.iso.datetime(),
  /** Those applied to the database, oldest first. `at` is what the migrator orders them by. */
  migrations: z.array(z.object({ hash: z.string(), at: z.number() })).min(1),
  /** LangGraph's newest, where any chat has been. */
  chat: z.number().int().optional(),
  /** Whose stored files these are. */
  installation: z.string().optional(),
  tables: z.array(tableSchema),
  files: z.array(fileSchema),
  damaged: z.array(absentSchema),
  /** Removed by their owner while the backup was made. */
  gone: z.array(absentSchema),
});

export type Manifest = z.output<typeof manifestSchema>;
export type TableEntry = z.output<typeof tableSchema>;
export type FileEntry = z.output<typeof fileSchema>;
export type AbsentFile = z.output<typeof absentSchema>;
