/** Who asks. Every row belongs to one principal and every read checks it. */
import type { Scope } from "./scope.ts";

export interface Principal {
  /** Stable and unique, at most 200 characters. `local`, a name given to a key, `oidc:<sub>` or `openwebui:<sub>`. */
  id: string;
  name?: string;
  /** What it may do, as far as the way it came in goes; every face sets it. Absent inside the process: everything. */
  scopes?: readonly Scope[];
}

/** The person at this machine: the data folder's socket, loopback while no access key is configured, and the key of the configuration. */
export const localPrincipal: Principal = { id: "local", name: "You", scopes: ["admin"] };
