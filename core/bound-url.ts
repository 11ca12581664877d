/** Where a listener is reached from this machine. @param host as it was bound, an IPv6 address with or without brackets: every address is also the loopback one. */
export function boundUrl(host: string, port: number): string {
  const bare = host.replace(/^\[|\]$/g, "");
  const reachable = bare === "0.0.0.0" ? "127.0.0.1" : bare === "::" ? "::1" : bare;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}
