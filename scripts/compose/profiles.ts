/** Which parts of the stack are started beside its core. */
import { Failure } from "../../core/failure.ts";
import { byNearness } from "../../core/nearest.ts";

/** `core` is always started, and may be named all the same. */
export const profiles = ["chat", "gpu", "monitoring", "edge", "extras"] as const;
export const usualProfiles = "chat,gpu,monitoring";

/** @param text as `--profiles` or COMPOSE_PROFILES holds them; empty or `core` = the core alone. Failure `invalid_input`. */
export function readProfiles(text: string): string[] {
  const given = text.split(",").flatMap((part) => part.trim() || []);
  const unknown = given.filter((name) => name !== "core" && !(profiles as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw new Failure(
      "invalid_input",
      `There is no profile ${unknown.join(", ")} (${byNearness(unknown[0] ?? "", profiles)[0]} is nearest). There are: core (always), ${profiles.join(", ")}.`,
    );
  return [...new Set(given.filter((name) => name !== "core"))];
}
