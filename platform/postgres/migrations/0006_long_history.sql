DROP INDEX "deliveries_dead";--> statement-breakpoint
CREATE INDEX "artifacts_bytes" ON "artifacts" USING btree ("principal","sha256");--> statement-breakpoint
CREATE INDEX "deliveries_open" ON "deliveries" USING btree ("number") WHERE state in ('pending', 'dead');--> statement-breakpoint
CREATE INDEX "jobs_tool" ON "jobs" USING btree ("principal","tool","number");--> statement-breakpoint
CREATE INDEX "jobs_state" ON "jobs" USING btree ("principal","state","number");--> statement-breakpoint
CREATE INDEX "jobs_heads" ON "jobs" USING btree ("principal","number") WHERE tree is not null and tree ->> 'stage' is null;