/** What the listener tells the app of a connection, and what the app keeps of a request. */
import type { Principal } from "../core/principal.ts";

export interface Bindings {
  /** True on the data folder's own socket: its folder is private, so whoever reaches it is the person themself. */
  local?: boolean;
  /** Address of the other side of a TCP connection. */
  remote?: string;
  /** Fires when the server is about to end: streams end politely. */
  closing?: AbortSignal;
  /** Breaks the connection off, where an answer that has begun cannot be finished truly. */
  cut?: () => void;
}

// a type, not an interface: Hono wants index signatures
export type Env = {
  Bindings: Bindings;
  Variables: {
    principal: Principal;
    /** Whether what somebody came in with still opens the door: asked now and then while a stream lasts. Absent where it cannot be taken back. */
    still?: () => Promise<boolean>;
    /** True where they came in by a token of the identity provider. */
    token?: boolean;
  };
};
