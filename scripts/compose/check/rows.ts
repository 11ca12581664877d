/** The three kinds of lines that the check prints. */
import type { StatusRow } from "../../../core/client.ts";

/** Stops a start: exit 1. */
export const stop = (part: string, what: string, fix: string): StatusRow => ({ part, state: "down", what, fix });
export const warn = (part: string, what: string, fix: string): StatusRow => ({ part, state: "info", what, fix });
export const fine = (part: string, what: string): StatusRow => ({ part, state: "ok", what });
