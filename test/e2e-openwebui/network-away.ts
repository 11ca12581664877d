/** Ten minutes without a network between the function and our server, at a twelfth of their length: leases of 5 s in place of 60, away for 50 s. */
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../harness/product.ts";
import { type Cut, openNetwork } from "./network.ts";
import { look, threeJobs } from "./restarts.ts";
import type { Stage } from "./scene.ts";
import { setValves } from "./valves.ts";

const awayMs = 50_000;
/** 22 s of work, so that no job ends before the network does. */
const long = '/render "a castle on a hill" --steps 150';

/** @param hold seconds that a turn waits: short = the turns are over before the cut, and their results are late. */
export async function networkAway(stage: Stage, kind: Cut, hold: number): Promise<void> {
  const { checks, anna, admin, jobs, deliveries } = stage;
  const network = await openNetwork(stage.server);
  try {
    await setValves(admin, { BASE_URL: network.url, LEASE_SECONDS: 5, HOLD_SECONDS: hold });
    const sent = await threeJobs(stage, long);
    if (hold < 10) for (const one of sent) await anna.done(one);
    const mine = new Set((await Promise.all(sent.map(({ chat }) => jobs(chat)))).flat().map(({ id }) => id));
    const owed = async () => (await deliveries()).flatMap((one) => (mine.has(one.job_id) && one.state === "pending" ? one.id : []));
    network.cut(kind);
    const cutAt = Date.now();
    // what was on its way when the network went may have arrived
    await sleep(500);
    const before = await owed();
    await until(
      async () => (await Promise.all(sent.map(({ chat }) => jobs(chat)))).flat().every(({ state }) => state === "succeeded"),
      "the jobs end without the network",
      180_000,
    );
    const after = await owed();
    checks.check("meanwhile nothing arrives", before.length === 3 && after.join() === before.join(), { before, after });
    const words = hold < 10 ? /Still at work/ : /connection to MySpinBot was lost|studio is away/;
    const told = await until(
      async () => {
        const messages = await Promise.all(sent.map((one) => anna.message(one)));
        const said = messages.map((message) => `${message?.content} ${message?.statusHistory?.at(-1)?.description}`);
        return said.every((text) => words.test(text)) && said;
      },
      "every chat says what is the matter",
      // a silent connection is given up when nothing was heard for a minute
      120_000,
    ).catch(() => undefined);
    const silent = await Promise.all(sent.map(async (one) => (await anna.message(one))?.statusHistory?.at(-1)));
    checks.check("while the network is away every chat says so in words", told !== undefined, silent);
    await sleep(Math.max(0, cutAt + awayMs - Date.now()));
    network.heal();
    checks.note(`away for ${Math.round((Date.now() - cutAt) / 1000)} s`);
    await look(stage, sent);
  } finally {
    network.heal();
    await setValves(admin, { BASE_URL: stage.server, LEASE_SECONDS: 60, HOLD_SECONDS: 60 });
    await network.end();
  }
}
