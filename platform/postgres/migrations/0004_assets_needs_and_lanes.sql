CREATE TABLE "assets" (
	"id" text PRIMARY KEY NOT NULL,
	"number" bigint GENERATED ALWAYS AS IDENTITY (sequence name "assets_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"principal" text NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"name_key" text NOT NULL,
	"job" text NOT NULL,
	"details" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "lanes" (
	"name" text PRIMARY KEY NOT NULL,
	"worker" text NOT NULL,
	"families" jsonb NOT NULL,
	"vram_gb" double precision NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"seen_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
DROP INDEX "jobs_waiting";--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "needs" jsonb;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "blocked" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "makes" jsonb;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "order_given" jsonb;--> statement-breakpoint
ALTER TABLE "assets" ADD CONSTRAINT "assets_job_jobs_id_fk" FOREIGN KEY ("job") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "assets_name" ON "assets" USING btree ("principal","kind","name_key");--> statement-breakpoint
CREATE INDEX "assets_principal" ON "assets" USING btree ("principal","number");--> statement-breakpoint
CREATE INDEX "jobs_blocked" ON "jobs" USING btree ("number") WHERE state = 'queued' and blocked;--> statement-breakpoint
CREATE INDEX "jobs_making" ON "jobs" USING btree ("principal") WHERE makes is not null and state in ('queued', 'running', 'canceling');--> statement-breakpoint
CREATE INDEX "jobs_waiting" ON "jobs" USING btree ("family","priority","queued_at","number") WHERE state = 'queued' and not blocked;