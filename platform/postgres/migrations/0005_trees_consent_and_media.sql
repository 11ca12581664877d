ALTER TABLE "artifacts" ADD COLUMN "seconds" double precision;--> statement-breakpoint
ALTER TABLE "artifacts" ADD COLUMN "sound" boolean;--> statement-breakpoint
ALTER TABLE "artifacts" ADD COLUMN "poster" text;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "tree" jsonb;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "consent" jsonb;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "notes" jsonb;--> statement-breakpoint
ALTER TABLE "assets" ADD CONSTRAINT "assets_voice_consent" CHECK (kind <> 'voice' or coalesce(details -> 'consent' ->> 'approval', '') <> '');