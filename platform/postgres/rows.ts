/** Rows ↔ the words of core. */
import { type InferSelectModel, sql } from "drizzle-orm";
import type { Artifact } from "../../core/artifact.ts";
import type { Asset } from "../../core/asset.ts";
import type { JobEvent } from "../../core/event.ts";
import type { Job } from "../../core/job.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Attempt } from "../../core/ports/job-store.ts";
import { artifacts, type assets, type attempts, type events, type jobs } from "./schema.ts";

export type JobRow = InferSelectModel<typeof jobs>;
export type ArtifactRow = InferSelectModel<typeof artifacts>;

/** Artifacts that are no parts. */
export const isWhole = sql`${artifacts.recipe} ->> 'part' is distinct from 'true'`;

/** Columns that are null are left out: core knows absent, not null. */
function present<T extends object>(fields: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined)) as never;
}

export function toJob(row: JobRow): Job {
  const { id, principal, tool, input, title, state, family, engine, vramGb, priority, attempt, tries, createdAt, queuedAt } = row;
  const { parent, needs, makes, tree, consent, notes, order, key, error, progress, startedAt, finishedAt, traceparent } = row;
  return {
    ...{
      id,
      principal,
      tool,
      input,
      title,
      state,
      family,
      engine,
      class: row.class,
      vramGb,
      priority,
      attempt,
      tries,
      createdAt,
      queuedAt,
    },
    ...(present({
      parent,
      needs,
      makes,
      tree,
      consent,
      notes,
      order,
      key,
      error,
      progress,
      startedAt,
      finishedAt,
      traceparent,
    }) as Partial<Job>),
    ...(row.blocked ? { blocked: true } : {}),
    ...(row.conversation !== null && row.message !== null
      ? { origin: { conversation: row.conversation, message: row.message, ordinal: row.ordinal ?? 0 } }
      : {}),
  };
}

export function toArtifact(row: ArtifactRow): Artifact {
  const { id, principal, attempt, ordinal, name, mediaType, bytes, sha256, storageKey, createdAt } = row;
  const { job, width, height, seconds, sound, poster, recipe } = row;
  return {
    ...{ id, principal, attempt, ordinal, name, mediaType, bytes, sha256, storageKey, createdAt },
    ...(present({ job, width, height, seconds, sound, poster, recipe }) as Partial<Artifact>),
  };
}

export function toAsset({ number: _number, nameKey: _key, ...row }: InferSelectModel<typeof assets>): Asset {
  return row;
}

export function toAttempt(row: InferSelectModel<typeof attempts>): Attempt {
  const { number, worker, startedAt, endedAt, outcome, engineRef } = row;
  return { number, worker, startedAt, ...(present({ endedAt, outcome, engineRef }) as Partial<Attempt>) };
}

/** Artifact events keep the artifact as it was published, so that a replay needs no join. */
export function toEvent(row: InferSelectModel<typeof events>): JobEvent {
  const head = { seq: row.seq, job: row.job, at: row.at };
  if (row.type === "state") return { type: "state", ...head, ...(row.data as unknown as { state: Job["state"]; attempt: number }) };
  const artifact = row.data as unknown as Artifact & { createdAt: string };
  return { type: "artifact", ...head, artifact: { ...artifact, createdAt: new Date(artifact.createdAt) } };
}

export function artifactData(artifact: Artifact): JsonObject {
  return JSON.parse(JSON.stringify(artifact)) as JsonObject;
}
