/** Whether this runs inside a container, where `localhost` is not the machine that a person means by it. */
import { existsSync, readFileSync } from "node:fs";

/** The name under which a container reaches the machine that it runs on. */
export const hostName = "host.docker.internal";
export const extraHosts = `extra_hosts: ["${hostName}:host-gateway"] (docker run: --add-host=${hostName}:host-gateway)`;

/** @param root another root folder, for a look from outside. */
export function inContainer(root = "", env: NodeJS.ProcessEnv = process.env): boolean {
  if (env["KUBERNETES_SERVICE_HOST"] || existsSync(`${root}/.dockerenv`) || existsSync(`${root}/run/.containerenv`)) return true;
  try {
    return /docker|containerd|kubepods|libpod/.test(readFileSync(`${root}/proc/1/cgroup`, "utf8"));
  } catch {
    return false;
  }
}

export function isLoopback(address: string): boolean {
  const { hostname } = new URL(address);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** As a person may see it: without credentials. */
export function shown(address: string): string {
  const url = new URL(address);
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, "")}`;
}

/** The same address as a container has to write it. */
export function fromContainer(address: string): string {
  const url = new URL(address);
  url.hostname = hostName;
  return shown(url.href);
}
