CREATE TABLE "deliveries" (
	"id" text PRIMARY KEY NOT NULL,
	"number" bigint GENERATED ALWAYS AS IDENTITY (sequence name "deliveries_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"principal" text NOT NULL,
	"job" text NOT NULL,
	"conversation" text NOT NULL,
	"message" text NOT NULL,
	"target" jsonb NOT NULL,
	"state" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"worker" text,
	"lease_until" timestamp (3) with time zone,
	"next_at" timestamp (3) with time zone,
	"result" jsonb,
	"error" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"owed_since" timestamp (3) with time zone NOT NULL,
	"delivered_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_job_jobs_id_fk" FOREIGN KEY ("job") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "deliveries_place" ON "deliveries" USING btree ("principal","message","job");--> statement-breakpoint
CREATE INDEX "deliveries_principal" ON "deliveries" USING btree ("principal","number");--> statement-breakpoint
CREATE INDEX "deliveries_job" ON "deliveries" USING btree ("job");--> statement-breakpoint
CREATE INDEX "deliveries_owed" ON "deliveries" USING btree ("number") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "deliveries_dead" ON "deliveries" USING btree ("number") WHERE state = 'dead';