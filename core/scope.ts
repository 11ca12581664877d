/** What a principal may do: few words, checked at every route and again by the studio for the tool that is called. */
import { Failure } from "./failure.ts";
import type { Principal } from "./principal.ts";

/** `act-as`: to speak for the person whom Open WebUI names in its signed token. `admin` includes all the others. */
export const scopes = ["jobs:read", "jobs:write", "train", "voice", "act-as", "admin"] as const;

export type Scope = (typeof scopes)[number];

/** What a person does with the studio; the other scopes are those of operators and programs. */
export const personScopes = ["jobs:read", "jobs:write", "train", "voice"] as const satisfies readonly Scope[];

export function isScope(text: string): text is Scope {
  return (scopes as readonly string[]).includes(text);
}

/** A principal without a list was made inside the process, and may do everything. */
export function may({ scopes: held }: Principal, scope: Scope): boolean {
  return held === undefined || held.includes(scope) || held.includes("admin");
}

/** Failure `not_allowed` that names the missing scope. */
export class MissingScope extends Failure {
  readonly scope: Scope;

  constructor(scope: Scope) {
    super(
      "not_allowed",
      `This needs the scope ${scope}, and what you came in with does not have it. Use a key that has it: an administrator makes one by \`myspinbot key create --scopes ${scope}\`.`,
    );
    this.scope = scope;
  }
}

export function requireScope(principal: Principal, scope: Scope): void {
  if (!may(principal, scope)) throw new MissingScope(scope);
}

/** What calling a tool needs: its own word, or reading for what only looks and writing for the rest. */
export function scopeOfTool(tool: { scope?: Scope; annotations: { readOnly: boolean } }): Scope {
  return tool.scope ?? (tool.annotations.readOnly ? "jobs:read" : "jobs:write");
}
