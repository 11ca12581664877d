/** The server that already works on a cluster, if there is one: adopted when it is ours, waited for while it comes or goes, refused when it is not ours. */
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../core/failure.ts";
import type { Cluster } from "./cluster.ts";
import { lives, type PidFile, pidFilePath, processesIn, readPidFile } from "./postmaster.ts";
import { askServer, urlOf } from "./session.ts";

export interface Server {
  url: string;
  pid: number;
  data: string;
}

/** Milliseconds between looks, until it is told, and until it is given up. */
const look = 20;
const patience = 2_000;
const limit = 60_000;
/** After a crash it replays its log before it takes anybody. */
const recoveryLimit = 600_000;

function notOurs(pid: number): Failure {
  return new Failure(
    "config",
    `A PostgreSQL server that MySpinBot did not start (pid ${pid}) runs on the database of this data folder. Stop it, set DATABASE_URL to it, or set MYSPINBOT_DATA to another folder.`,
  );
}

/** The pid in the file when it is a server on these very data. */
async function serverPid(file: PidFile | undefined, workers: number[] | undefined): Promise<number | undefined> {
  if (!file) return undefined;
  const there = workers ? workers.includes(file.pid) : await lives(file.pid);
  return there ? file.pid : undefined;
}

/** Undefined when nothing works on the cluster any more, so that a new server may be started. */
export async function findRunning(cluster: Cluster, say: (text: string) => void): Promise<Server | undefined> {
  const { data } = cluster;
  const begun = Date.now();
  let told = false;
  for (;;) {
    const file = await readPidFile(data);
    const workers = await processesIn(data);
    const pid = await serverPid(file, workers);
    if (workers?.length === 0) {
      // what is left names a zombie or some other program, and PostgreSQL would take it for a living server
      await rm(pidFilePath(data), { force: true });
      return undefined;
    }
    if (!workers && pid === undefined) return undefined;
    const answer = pid !== undefined && file?.port ? await askServer(cluster, file.port) : "down";
    if (answer === "ready" && pid !== undefined && file?.port) return { url: urlOf(cluster, file.port), pid, data };
    if (answer === "foreign" && pid !== undefined) throw notOurs(pid);
    const waited = Date.now() - begun;
    if (waited > patience && !told) {
      told = true;
      say(
        pid === undefined
          ? "Waiting for a query of the earlier database server to end."
          : "Waiting for the database server that is already running.",
      );
    }
    if (waited > (answer === "busy" ? recoveryLimit : limit))
      throw new Failure(
        "database_unavailable",
        `The earlier database server (pid ${pid ?? workers?.join(", ")}) neither answers nor ends. End it (\`kill ${pid ?? workers?.join(" ")}\`), then start again.`,
        { retryable: true },
      );
    await sleep(look);
  }
}
