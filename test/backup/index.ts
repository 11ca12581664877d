/** `npm run backup:check`: the built product is saved under load, destroyed, and comes back in the other mode; twice, and with a kill -9 in between. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createChecks } from "../harness/checks.ts";
import { build } from "../harness/product.ts";
import { asleep, comeBack, furnish, killed, type Saved, save } from "./scenes.ts";
import { newStudio, type Studio, startServices } from "./stage.ts";

if (!process.env["E2E_NO_BUILD"]) build();
const checks = createChecks();
const folder = await mkdtemp(join(tmpdir(), "spin-backup-check-"));
const services = await startServices();
let studio: Studio = await newStudio("embedded", services);
let saved: Saved | undefined;

async function lost(next: Studio["mode"]): Promise<void> {
  await studio.destroy();
  studio = await newStudio(next, services);
  if (!saved) throw new Error("there is no backup");
  await comeBack(studio, checks, saved);
}

await checks.scene("A studio in its folder", async () => {
  await furnish(studio, checks);
  saved = await save(studio, checks, join(folder, "one"));
});
await checks.scene("Its folder is gone: it comes back on PostgreSQL, Redis and S3", () => lost("full"));
await checks.scene("It is saved there", async () => {
  saved = await save(studio, checks, join(folder, "two"));
});
await checks.scene("Database and bucket are gone: it comes back in a folder", () => lost("embedded"));
await checks.scene("It sleeps, and something in it breaks", () => asleep(studio, checks, join(folder, "three")));
await checks.scene("Killed while it is restored", async () => {
  if (saved) await killed(services, checks, saved);
});
await checks.scene("The end", async () => {
  await studio.destroy();
  await services.end();
  await rm(folder, { recursive: true, force: true });
});
process.exit(checks.end());
