/** What the pipe does with its key, and how it gets one that may. */
import type { StatusRow } from "../../core/client.ts";

export const pipeScopes = ["act-as", "jobs:read", "jobs:write"] as const;
export type PipeScope = (typeof pipeScopes)[number];

export const newKeyCommand = `myspinbot key create --name open-webui --scopes ${pipeScopes.join(",")}`;

export const down = (part: string, what: string, fix: string): StatusRow => ({ part, state: "down", what, fix });
