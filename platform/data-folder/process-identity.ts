/** Tells one process from another that later got the same pid. */
import { execFile } from "node:child_process";
import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { promisify } from "node:util";

export interface ProcessIdentity {
  pid: number;
  /** When the process started, in the system's own words; equal only for the same process. */
  started: string;
  /** Changes with every start of the machine. Empty where the system does not tell. */
  boot: string;
  /** Where pids are counted: another container counts its own. Empty where the system does not tell. */
  namespace: string;
  host: string;
}

/** Undefined for a pid that no living process has; a process that has ended and only waits to be collected does not live. */
async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform === "linux") {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
    // the name in brackets may hold spaces and brackets itself
    const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (!fields || fields[0] === "Z" || fields[0] === "X") return undefined;
    return fields[19];
  }
  const ps = await promisify(execFile)("ps", ["-o", "stat=,lstart=", "-p", String(pid)]).catch(() => undefined);
  const line = ps?.stdout.trim();
  return !line || line.startsWith("Z") ? undefined : line.replace(/^\S+\s+/, "");
}

async function place(): Promise<Pick<ProcessIdentity, "boot" | "namespace" | "host">> {
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  const namespace = await readlink("/proc/self/ns/pid").catch(() => "");
  return { boot: boot.trim(), namespace, host: hostname() };
}

export async function ownIdentity(): Promise<ProcessIdentity> {
  return { pid: process.pid, started: (await startOf(process.pid)) ?? "", ...(await place()) };
}

/** `elsewhere`: another container or machine counts that pid, so that only a sign of life can tell. */
export async function lifeOf(other: ProcessIdentity): Promise<"alive" | "dead" | "elsewhere"> {
  const here = await place();
  // the same machine after a restart: nothing of before lives
  if (here.boot !== other.boot && here.host === other.host) return "dead";
  if (here.boot !== other.boot || here.namespace !== other.namespace) return "elsewhere";
  return (await startOf(other.pid)) === other.started ? "alive" : "dead";
}
