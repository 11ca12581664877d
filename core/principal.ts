/** Who asks. Every row belongs to one principal and every read checks it. */
export interface Principal {
  /** Stable and unique, at most 200 characters. */
  id: string;
  name?: string;
}

/** The person at this machine: the data folder's socket, and loopback while no access key is configured. */
export const localPrincipal: Principal = { id: "local", name: "You" };
