/** `compose/.env`: there, with profiles that exist, every variable that is asked for, and no secret in it. */
import type { StatusRow } from "../../../core/client.ts";
import { Failure } from "../../../core/failure.ts";
import type { Model } from "../model.ts";
import { readProfiles } from "../profiles.ts";
import { fine, stop, warn } from "./rows.ts";

const part = ".env";

export function envRows(env: Record<string, string> | undefined, model: Pick<Model, "unset" | "active">): StatusRow[] {
  if (env === undefined) return [stop(part, "compose/.env is not there", "npm run compose:init")];
  const rows: StatusRow[] = [];
  try {
    readProfiles(env["COMPOSE_PROFILES"] ?? "");
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    rows.push(stop(part, error.message, "npm run compose:init -- --profiles chat,gpu,monitoring"));
  }
  for (const [name, words] of Object.entries(model.unset))
    rows.push(stop(part, `${name} is not set${words ? `: ${words}` : ""}`, `Write ${name}=… into compose/.env`));
  const secret = Object.keys(env).filter((name) => /(PASSWORD|SECRET|TOKEN|_KEY|^KEY)$/.test(name) && env[name]);
  if (secret.length > 0)
    rows.push(
      warn(
        part,
        `${secret.join(", ")} look like secrets, and .env is readable in every container's description`,
        "Secrets lie in compose/secrets; take the lines out if compose.minimal.yaml does not need them",
      ),
    );
  if (env["BIND_ADDRESS"] === "0.0.0.0" || env["BIND_ADDRESS"] === "::")
    rows.push(
      warn(
        part,
        `BIND_ADDRESS=${env["BIND_ADDRESS"]}: everybody in your network reaches what is published`,
        "127.0.0.1, and the edge profile for other machines",
      ),
    );
  return rows.length > 0
    ? rows
    : [
        fine(
          part,
          `${env["COMPOSE_PROFILES"] ? `profiles ${env["COMPOSE_PROFILES"]}` : "the core alone"}: ${model.active.length} services`,
        ),
      ];
}
