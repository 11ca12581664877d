/** What a run does to the two servers and the network between them, and when: all of it follows from the seed. */
import { setTimeout as sleep } from "node:timers/promises";
import { send, until } from "../harness/product.ts";
import { pick } from "../harness/random.ts";
import type { Network } from "./network.ts";
import type { Stage } from "./scene.ts";

export interface World {
  stage: Stage;
  network: Network;
}

export type Kind = "Open WebUI" | "our server" | "both" | "network";

export interface Strike {
  readonly kind: Kind;
  readonly what: string;
  /** Strikes and brings everything back. `random` gives how long it stays away. */
  play(world: World, random: () => number): Promise<string>;
}

async function killOurs({ stage }: World, signal: NodeJS.Signals): Promise<void> {
  for (const pid of await stage.product.servers()) send(pid, signal);
}

async function startOurs({ stage: { product } }: World): Promise<void> {
  await until(async () => (await product.servers()).length === 0, "our server is gone", 60_000);
  await product.start();
}

const openWebUi = (signal: NodeJS.Signals): Strike => ({
  ...{ kind: "Open WebUI", what: `${signal} of Open WebUI` },
  async play({ stage: { web } }) {
    await web.stop(signal);
    await web.start();
    return "";
  },
});

const ourServer = (signal: NodeJS.Signals): Strike => ({
  ...{ kind: "our server", what: `${signal} of our server` },
  async play(world, random) {
    const away = Math.round(random() ** 2 * 8000);
    await killOurs(world, signal);
    await sleep(away);
    await startOurs(world);
    return `, away for ${away} ms and its start`;
  },
});

const both = (signal: NodeJS.Signals): Strike => ({
  ...{ kind: "both", what: `${signal} of both` },
  async play(world, random) {
    const { web } = world.stage;
    await Promise.all([killOurs(world, signal), web.stop(signal)]);
    const first = random() < 0.5;
    // half of the time Open WebUI has to bear that we are not there yet
    if (first) await web.start();
    await startOurs(world);
    if (!first) await web.start();
    return first ? ", Open WebUI back first" : ", our server back first";
  },
});

const network = (cut: "reset" | "silence"): Strike => ({
  ...{ kind: "network", what: cut === "reset" ? "network cut, connections broken" : "network cut, connections silent" },
  async play(world, random) {
    const away = Math.round(1000 + random() ** 2 * 24_000);
    world.network.cut(cut);
    await sleep(away);
    world.network.heal();
    return ` for ${away} ms`;
  },
});

/** 25 runs; of 100 runs 40 restart Open WebUI. */
export const deck: readonly Strike[] = [
  ...[openWebUi("SIGKILL"), openWebUi("SIGKILL"), openWebUi("SIGKILL"), openWebUi("SIGKILL")],
  ...[openWebUi("SIGTERM"), openWebUi("SIGTERM"), openWebUi("SIGTERM"), both("SIGKILL"), both("SIGKILL"), both("SIGTERM")],
  ...[ourServer("SIGKILL"), ourServer("SIGKILL"), ourServer("SIGKILL"), ourServer("SIGKILL"), ourServer("SIGKILL")],
  ...[ourServer("SIGTERM"), ourServer("SIGTERM"), ourServer("SIGTERM"), ourServer("SIGTERM")],
  ...[network("reset"), network("reset"), network("reset"), network("silence"), network("silence"), network("silence")],
];

/** Requests between the function and our server, in their order in a job's life: where a kill tears something in two. */
const stations: readonly [what: string, line: RegExp, pieces: number][] = [
  ["the turn", /^POST \/v1\/chat /, 12],
  ["a file on its way to the store", /^GET \/v1\/files\//, 3],
  ["a lease renewed", /\/renew /, 6],
  ["the claim of a late result", /\/claim /, 3],
  ["an acknowledgement", /\/ack /, 3],
];

export interface Moment {
  readonly what: string;
  /** Before anything is sent; what it returns is asked when all is sent, and waits until the moment has come. */
  arm(world: World): () => Promise<{ missed: boolean; release(): void }>;
}

const pass = { missed: false, release: () => {} };

/** @param span milliseconds that the three jobs take if nobody disturbs them. */
export function aMoment(random: () => number, span: number): Moment {
  const lot = random();
  const after = lot < 0.1 ? 0 : Math.round(random() * span);
  if (lot < 0.45) return { what: `after ${after} ms`, arm: () => () => sleep(after, pass) };
  const [what, line, pieces] = pick(stations, random);
  const side = pick(["request", "answer"] as const, random);
  const count = 1 + Math.floor(random() * (side === "answer" ? pieces : 3));
  // half of the time a little later: what the function does with the answer is then torn
  const more = random() < 0.5 ? 0 : Math.round(random() * 400);
  return {
    what: `${side === "answer" ? `at piece ${count} of the answer to ${what}` : `at ${what}, request ${count}`}${more ? ` and ${more} ms` : ""}`,
    arm({ network: net }) {
      const halt = net.haltAt(line, side, count);
      return async () => {
        const reached = await halt.reached(span + 15_000);
        if (!reached || more) halt.release();
        if (reached) await sleep(more);
        return { missed: !reached, release: () => halt.release() };
      };
    },
  };
}
