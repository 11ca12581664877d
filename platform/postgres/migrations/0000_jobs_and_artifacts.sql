CREATE TABLE "artifacts" (
	"id" text PRIMARY KEY NOT NULL,
	"number" bigint GENERATED ALWAYS AS IDENTITY (sequence name "artifacts_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"principal" text NOT NULL,
	"job" text,
	"attempt" integer NOT NULL,
	"ordinal" integer NOT NULL,
	"name" text NOT NULL,
	"media_type" text NOT NULL,
	"bytes" bigint NOT NULL,
	"sha256" text NOT NULL,
	"storage_key" text NOT NULL,
	"width" integer,
	"height" integer,
	"preview" boolean DEFAULT false NOT NULL,
	"recipe" jsonb,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "attempts" (
	"job" text NOT NULL,
	"number" integer NOT NULL,
	"worker" text NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"outcome" text,
	"engine_ref" text,
	CONSTRAINT "attempts_job_number_pk" PRIMARY KEY("job","number")
);
--> statement-breakpoint
CREATE TABLE "events" (
	"job" text NOT NULL,
	"seq" integer NOT NULL,
	"type" text NOT NULL,
	"data" jsonb NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "events_job_seq_pk" PRIMARY KEY("job","seq")
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" text PRIMARY KEY NOT NULL,
	"number" bigint GENERATED ALWAYS AS IDENTITY (sequence name "jobs_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"principal" text NOT NULL,
	"tool" text NOT NULL,
	"input" jsonb NOT NULL,
	"title" text NOT NULL,
	"state" text NOT NULL,
	"family" text NOT NULL,
	"engine" text NOT NULL,
	"class" text NOT NULL,
	"vram_gb" double precision NOT NULL,
	"priority" integer NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"parent" text,
	"conversation" text,
	"message" text,
	"ordinal" integer,
	"key" text,
	"request_digest" text NOT NULL,
	"error" jsonb,
	"progress" jsonb,
	"traceparent" text,
	"last_seq" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"queued_at" timestamp (3) with time zone NOT NULL,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	"heartbeat_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "plans" (
	"conversation" text NOT NULL,
	"message" text NOT NULL,
	"principal" text NOT NULL,
	"plan" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "plans_conversation_message_pk" PRIMARY KEY("conversation","message")
);
--> statement-breakpoint
CREATE TABLE "settings" (
	"name" text PRIMARY KEY NOT NULL,
	"value" jsonb
);
--> statement-breakpoint
ALTER TABLE "artifacts" ADD CONSTRAINT "artifacts_job_jobs_id_fk" FOREIGN KEY ("job") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_job_jobs_id_fk" FOREIGN KEY ("job") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "events" ADD CONSTRAINT "events_job_jobs_id_fk" FOREIGN KEY ("job") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "artifacts_place" ON "artifacts" USING btree ("job","ordinal");--> statement-breakpoint
CREATE UNIQUE INDEX "artifacts_storage" ON "artifacts" USING btree ("storage_key");--> statement-breakpoint
CREATE INDEX "artifacts_principal" ON "artifacts" USING btree ("principal","number");--> statement-breakpoint
CREATE UNIQUE INDEX "jobs_key" ON "jobs" USING btree ("principal","tool","key") WHERE key is not null;--> statement-breakpoint
CREATE INDEX "jobs_principal" ON "jobs" USING btree ("principal","number");--> statement-breakpoint
CREATE INDEX "jobs_conversation" ON "jobs" USING btree ("principal","conversation","number") WHERE conversation is not null;--> statement-breakpoint
CREATE INDEX "jobs_waiting" ON "jobs" USING btree ("family","priority","queued_at","number") WHERE state = 'queued';--> statement-breakpoint
CREATE INDEX "jobs_waiting_principal" ON "jobs" USING btree ("principal") WHERE state = 'queued';--> statement-breakpoint
CREATE INDEX "jobs_open" ON "jobs" USING btree ("number") WHERE state in ('queued', 'running', 'canceling');--> statement-breakpoint
CREATE INDEX "jobs_history" ON "jobs" USING btree ("tool","family","finished_at") WHERE state = 'succeeded';