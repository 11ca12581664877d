/** The tables. A change here is followed by `npm run migrations`; a migration that has landed is never edited. */
import { sql } from "drizzle-orm";
import { bigint, boolean, check, doublePrecision, index, integer, pgTable, primaryKey, timestamp, uniqueIndex } from "drizzle-orm/pg-core";
import type { ApprovalAnswer, ApprovalCall, ApprovalField, ApprovalOrigin, ApprovalState } from "../../core/approval.ts";
import type { Recipe } from "../../core/artifact.ts";
import type { AssetDetails, AssetKind, Makes } from "../../core/asset.ts";
import type { Consent } from "../../core/consent.ts";
import type { DeliveryState } from "../../core/delivery.ts";
import type { FailureView } from "../../core/failure.ts";
import type { JobClass, JobProgress, JobState, OrderName, Tree } from "../../core/job.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { Scope } from "../../core/scope.ts";
import { jsonb, text } from "./columns.ts";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date", precision: 3 });

export const jobs = pgTable(
  "jobs",
  {
    id: text("id").primaryKey(),
    /** Order of acceptance, for paging. */
    number: bigint("number", { mode: "number" }).generatedAlwaysAsIdentity(),
    principal: text("principal").notNull(),
    tool: text("tool").notNull(),
    input: jsonb("input").$type<JsonObject>().notNull(),
    title: text("title").notNull(),
    state: text("state").$type<JobState>().notNull(),
    family: text("family").notNull(),
    engine: text("engine").notNull(),
    class: text("class").$type<JobClass>().notNull(),
    vramGb: doublePrecision("vram_gb").notNull(),
    priority: integer("priority").notNull(),
    attempt: integer("attempt").notNull().default(0),
    tries: integer("tries").notNull().default(0),
    parent: text("parent"),
    needs: jsonb("needs").$type<string[]>(),
    /** Waits for one of `needs`: queued, but for no queue yet. */
    blocked: boolean("blocked").notNull().default(false),
    makes: jsonb("makes").$type<Makes>(),
    tree: jsonb("tree").$type<Tree>(),
    consent: jsonb("consent").$type<Consent>(),
    notes: jsonb("notes").$type<string[]>(),
    order: jsonb("order_given").$type<{ name: OrderName; number: number }>(),
    conversation: text("conversation"),
    message: text("message"),
    ordinal: integer("ordinal"),
    key: text("key"),
    requestDigest: text("request_digest").notNull(),
    error: jsonb("error").$type<FailureView>(),
    progress: jsonb("progress").$type<JobProgress>(),
    traceparent: text("traceparent"),
    /** Number of the last event, given out under this row's lock. */
    lastSeq: integer("last_seq").notNull().default(0),
    createdAt: at("created_at").notNull(),
    queuedAt: at("queued_at").notNull(),
    startedAt: at("started_at"),
    finishedAt: at("finished_at"),
    heartbeatAt: at("heartbeat_at"),
  },
  (table) => [
    uniqueIndex("jobs_key").on(table.principal, table.tool, table.key).where(sql`key is not null`),
    // ascending, though they are read backwards: a descending index puts nulls last and would not serve a descending order, which has them first
    index("jobs_principal").on(table.principal, table.number),
    // one kind among many: without these a page of it reads all that a person ever made
    index("jobs_tool").on(table.principal, table.tool, table.number),
    index("jobs_state").on(table.principal, table.state, table.number),
    index("jobs_heads").on(table.principal, table.number).where(sql`tree is not null and tree ->> 'stage' is null`),
    index("jobs_conversation").on(table.principal, table.conversation, table.number).where(sql`conversation is not null`),
    // partial, so that a million finished rows cost nothing where work is looked for
    index("jobs_waiting").on(table.family, table.priority, table.queuedAt, table.number).where(sql`state = 'queued' and not blocked`),
    index("jobs_blocked").on(table.number).where(sql`state = 'queued' and blocked`),
    index("jobs_waiting_principal").on(table.principal).where(sql`state = 'queued'`),
    index("jobs_open").on(table.number).where(sql`state in ('queued', 'running', 'canceling')`),
    index("jobs_making").on(table.principal).where(sql`makes is not null and state in ('queued', 'running', 'canceling')`),
    index("jobs_history").on(table.tool, table.family, table.finishedAt).where(sql`state = 'succeeded'`),
  ],
);

export const attempts = pgTable(
  "attempts",
  {
    job: text("job")
      .notNull()
      .references(() => jobs.id, { onDelete: "cascade" }),
    number: integer("number").notNull(),
    worker: text("worker").notNull(),
    startedAt: at("started_at").notNull(),
    endedAt: at("ended_at"),
    outcome: text("outcome").$type<"succeeded" | "failed" | "canceled" | "requeued" | "lost">(),
    engineRef: text("engine_ref"),
  },
  (table) => [primaryKey({ columns: [table.job, table.number] })],
);

export const artifacts = pgTable(
  "artifacts",
  {
    id: text("id").primaryKey(),
    number: bigint("number", { mode: "number" }).generatedAlwaysAsIdentity(),
    principal: text("principal").notNull(),
    job: text("job").references(() => jobs.id, { onDelete: "cascade" }),
    attempt: integer("attempt").notNull(),
    ordinal: integer("ordinal").notNull(),
    name: text("name").notNull(),
    mediaType: text("media_type").notNull(),
    bytes: bigint("bytes", { mode: "number" }).notNull(),
    sha256: text("sha256").notNull(),
    storageKey: text("storage_key").notNull(),
    width: integer("width"),
    height: integer("height"),
    seconds: doublePrecision("seconds"),
    sound: boolean("sound"),
    poster: text("poster"),
    preview: boolean("preview").notNull().default(false),
    recipe: jsonb("recipe").$type<Recipe>(),
    createdAt: at("created_at").notNull(),
  },
  (table) => [
    // the last word against publishing twice, below the fence
    uniqueIndex("artifacts_place").on(table.job, table.ordinal),
    uniqueIndex("artifacts_storage").on(table.storageKey),
    index("artifacts_principal").on(table.principal, table.number),
    index("artifacts_bytes").on(table.principal, table.sha256),
  ],
);

export const assets = pgTable(
  "assets",
  {
    id: text("id").primaryKey(),
    number: bigint("number", { mode: "number" }).generatedAlwaysAsIdentity(),
    principal: text("principal").notNull(),
    kind: text("kind").$type<AssetKind>().notNull(),
    name: text("name").notNull(),
    /** The name as it is compared. */
    nameKey: text("name_key").notNull(),
    job: text("job")
      .notNull()
      .references(() => jobs.id, { onDelete: "cascade" }),
    details: jsonb("details").$type<AssetDetails>().notNull(),
    createdAt: at("created_at").notNull(),
    updatedAt: at("updated_at").notNull(),
  },
  (table) => [
    // the last word: no way in makes a voice without its consent
    check("assets_voice_consent", sql`kind <> 'voice' or coalesce(details -> 'consent' ->> 'approval', '') <> ''`),
    uniqueIndex("assets_name").on(table.principal, table.kind, table.nameKey),
    index("assets_principal").on(table.principal, table.number),
  ],
);

/** Workers that take work now, and what they can do: one row a lane. */
export const lanes = pgTable("lanes", {
  name: text("name").primaryKey(),
  worker: text("worker").notNull(),
  families: jsonb("families").$type<string[]>().notNull(),
  vramGb: doublePrecision("vram_gb").notNull(),
  startedAt: at("started_at").notNull(),
  seenAt: at("seen_at").notNull(),
});

export const events = pgTable(
  "events",
  {
    job: text("job")
      .notNull()
      .references(() => jobs.id, { onDelete: "cascade" }),
    seq: integer("seq").notNull(),
    type: text("type").$type<"state" | "artifact">().notNull(),
    data: jsonb("data").$type<JsonObject>().notNull(),
    at: at("at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.job, table.seq] })],
);

export const settings = pgTable("settings", {
  name: text("name").primaryKey(),
  value: jsonb("value").$type<Json>(),
});

export const plans = pgTable(
  "plans",
  {
    conversation: text("conversation").notNull(),
    message: text("message").notNull(),
    principal: text("principal").notNull(),
    plan: jsonb("plan").$type<JsonObject>().notNull(),
    createdAt: at("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.conversation, table.message] })],
);

export const deliveries = pgTable(
  "deliveries",
  {
    id: text("id").primaryKey(),
    /** Order of creation: the oldest goes first. */
    number: bigint("number", { mode: "number" }).generatedAlwaysAsIdentity(),
    principal: text("principal").notNull(),
    job: text("job")
      .notNull()
      .references(() => jobs.id, { onDelete: "cascade" }),
    conversation: text("conversation").notNull(),
    message: text("message").notNull(),
    target: jsonb("target").$type<JsonObject>().notNull(),
    state: text("state").$type<DeliveryState>().notNull(),
    attempts: integer("attempts").notNull().default(0),
    worker: text("worker"),
    leaseUntil: at("lease_until"),
    /** Null = at once. */
    nextAt: at("next_at"),
    result: jsonb("result").$type<Json>(),
    error: text("error"),
    createdAt: at("created_at").notNull(),
    /** When it last became pending by somebody's wish, not by a failure. */
    owedSince: at("owed_since").notNull(),
    deliveredAt: at("delivered_at"),
  },
  (table) => [
    uniqueIndex("deliveries_place").on(table.principal, table.message, table.job),
    index("deliveries_principal").on(table.principal, table.number),
    index("deliveries_job").on(table.job),
    // delivered ones pile up for ever and cost nothing where work is looked for
    index("deliveries_owed").on(table.number).where(sql`state = 'pending'`),
    // for the dead, and for both together: two indexes do not serve an `in` over both
    index("deliveries_open").on(table.number).where(sql`state in ('pending', 'dead')`),
  ],
);

/** Access keys: only the hash of what opens the door. */
export const accessKeys = pgTable("access_keys", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  principal: text("principal").notNull(),
  scopes: jsonb("scopes").$type<readonly Scope[]>().notNull(),
  hash: text("hash").notNull(),
  createdAt: at("created_at").notNull(),
  lastUsedAt: at("last_used_at"),
  revokedAt: at("revoked_at"),
});

/** Questions to people, what they said, and what it was used for. */
export const approvals = pgTable(
  "approvals",
  {
    id: text("id").primaryKey(),
    /** Order of asking. */
    number: bigint("number", { mode: "number" }).generatedAlwaysAsIdentity(),
    principal: text("principal").notNull(),
    about: text("about").notNull(),
    state: text("state").$type<ApprovalState>().notNull(),
    calls: jsonb("calls").$type<ApprovalCall[]>().notNull(),
    fields: jsonb("fields").$type<ApprovalField[]>().notNull(),
    origin: jsonb("origin").$type<ApprovalOrigin>().notNull(),
    createdAt: at("created_at").notNull(),
    expiresAt: at("expires_at").notNull(),
    answer: jsonb("answer").$type<Omit<ApprovalAnswer, "at"> & { at: string }>(),
  },
  (table) => [
    // the last word against two questions about the same
    uniqueIndex("approvals_live").on(table.principal, table.about).where(sql`state in ('open', 'approved')`),
    index("approvals_principal").on(table.principal, table.number),
  ],
);
