/** Polite ends at random moments: Ctrl-C to the whole process group, impatient twice, and SIGTERM; after the next start every accepted job has ended once. */
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { isTerminal } from "../../../core/job.ts";
import type { Checks } from "../checks.ts";
import { type Command, command, main, makeProduct, type Product, root, send, startEngine, until } from "../product.ts";
import { auditJobs } from "./audit-jobs.ts";

const kinds = ["SIGINT to the group", "SIGINT twice", "SIGTERM"] as const;
const rounds = 12;
const jobs = 14;

/** `start` and `chat` in a process group of their own, with a job of the chat accepted. */
async function startGroup(product: Product, round: number): Promise<Command> {
  const words = [`/render "the chat of round ${round}" --size 64x64 --steps ${randomInt(20, 80)}`];
  const group = command(process.execPath, ["--import", "tsx", `${root}/test/harness/group-main.ts`, main, ...words], {
    cwd: root,
    env: product.env,
    detached: true,
  });
  await until(
    () => /Job job_\w+ .*is (queued|running)/.test(group.stdout),
    `the chat of round ${round} has a job ${group.stdout}${group.stderr}`,
  );
  return group;
}

interface Submitted {
  /** Keys of requests that were answered, with the job that was named. */
  accepted: Map<string, string>;
  unanswered: string[];
}

/** Many small ones, one every 25 ms, whatever becomes of the server. */
async function submitAll(product: Product, round: number): Promise<Submitted> {
  const result: Submitted = { accepted: new Map(), unanswered: [] };
  await Promise.all(
    Array.from({ length: jobs }, async (_, index) => {
      const key = `r${round}-${index}`;
      await sleep(index * 25);
      const input = { prompt: key, width: 64, height: 64, steps: 1 + (index % 3), count: 1 + (index % 2) };
      const invoked = await product.client.invoke("render_image", input, { key }).catch(() => undefined);
      if (invoked?.kind === "job") result.accepted.set(key, invoked.job.id);
      else result.unanswered.push(key);
    }),
  );
  return result;
}

async function strike(product: Product, group: Command, kind: (typeof kinds)[number], server: number): Promise<void> {
  if (kind === "SIGTERM") send(server, "SIGTERM");
  else send(-group.pid, "SIGINT");
  if (kind === "SIGINT twice") {
    await sleep(randomInt(1, 60));
    send(-group.pid, "SIGINT");
  }
  await until(async () => !(await product.servers()).includes(server), `the server of ${kind} ends`);
  if (kind === "SIGTERM") send(-group.pid, "SIGINT");
}

export async function stopsInMidWork(checks: Checks): Promise<void> {
  const engine = await startEngine(10);
  const product = await makeProduct("stops", { MYSPINBOT_PREVIEW: "0", COMFYUI_URL: engine.url });
  const totals = { accepted: 0, unanswered: 0, openAtStop: 0 };
  try {
    for (let round = 0; round < rounds; round++) {
      const kind = kinds[round % kinds.length] ?? "SIGTERM";
      const group = await startGroup(product, round);
      const chatJob = /Job (job_\w+)/.exec(group.stdout)?.[1] ?? "";
      const server = (await product.servers())[0] ?? 0;
      const submitting = submitAll(product, round);
      const moment = randomInt(0, 900);
      await sleep(moment);
      const struck = Date.now();
      await strike(product, group, kind, server);
      const { accepted, unanswered } = await submitting;
      const chatEnded = await until(() => /@@ chat ended (\S+)/.exec(group.stdout)?.[1], `chat of round ${round} ends ${group.stdout}`);
      const startEnded = await until(() => /@@ start ended (\S+)/.exec(group.stdout)?.[1], `start of round ${round} ends`);
      await group.ended;
      const left = await product.postgresProcesses();
      const name = `round ${round + 1}, ${kind} after ${moment} ms`;

      const again = await product.start();
      const begun = Date.now();
      // what was committed in the moment in which the answer was cut off counts too
      const rows = await product.rows<{ id: string }>("select id from jobs where key like $1", [`r${round}-%`]);
      const ids = [...new Set([chatJob, ...accepted.values(), ...rows.map((row) => row.id)])];
      const states = await Promise.all(ids.map((id) => product.client.job(id).then((job) => job.state)));
      const open = states.filter((state) => !isTerminal(state)).length;
      for (const id of ids) await until(async () => isTerminal((await product.client.job(id)).state), `${id} ends`);
      const wrong = await auditJobs(product, ids);
      totals.accepted += ids.length;
      totals.unanswered += unanswered.length;
      totals.openAtStop += open;
      const about = `${ids.length} accepted, ${unanswered.length} not answered, ${open} not done when it came back, all done ${((Date.now() - begun) / 1000).toFixed(1)} s later`;
      checks.check(`${name}: ${about}; every one succeeded once`, wrong.length === 0, wrong);
      if (kind !== "SIGTERM") {
        // a chat whose picture came in the same moment has nothing left to follow
        const { finished_at } = await product.client.job(chatJob);
        const over = finished_at !== undefined && Date.parse(finished_at) < struck + 300;
        const fine = over ? ["0", "130"].includes(chatEnded) : chatEnded === "130" && group.stderr.includes(`/wait ${chatJob}`);
        checks.check(
          `${name}: chat ends with ${chatEnded}${over ? ", its picture was done" : " and says how to follow"}`,
          fine,
          group.stderr,
        );
      }
      if (kind !== "SIGINT twice")
        checks.check(`${name}: start ends with 0 and leaves no database behind`, startEnded === "0" && left.length === 0, {
          startEnded,
          left,
          stderr: group.stderr,
        });
      again.child.kill("SIGTERM");
      checks.check(`${name}: the next start ends with 0 on SIGTERM`, (await again.ended) === 0, again.stderr);
    }
    checks.note(JSON.stringify(totals));
    checks.check("some stops met open work", totals.openAtStop > 0, totals);
  } finally {
    await product.end();
    await engine.end();
  }
}
