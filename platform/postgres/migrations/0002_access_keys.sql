CREATE TABLE "access_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"principal" text NOT NULL,
	"scopes" jsonb NOT NULL,
	"hash" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"last_used_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone
);
