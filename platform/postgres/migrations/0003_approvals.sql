CREATE TABLE "approvals" (
	"id" text PRIMARY KEY NOT NULL,
	"number" bigint GENERATED ALWAYS AS IDENTITY (sequence name "approvals_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"principal" text NOT NULL,
	"about" text NOT NULL,
	"state" text NOT NULL,
	"calls" jsonb NOT NULL,
	"fields" jsonb NOT NULL,
	"origin" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"answer" jsonb
);
--> statement-breakpoint
CREATE UNIQUE INDEX "approvals_live" ON "approvals" USING btree ("principal","about") WHERE state in ('open', 'approved');--> statement-breakpoint
CREATE INDEX "approvals_principal" ON "approvals" USING btree ("principal","number");