/** Carries out one fault. What takes long goes on while the next one strikes. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Fault, Member } from "./draw.ts";
import type { House } from "./house.ts";
import type { Kept } from "./processes.ts";

/** Milliseconds that a program has to drain, as in the compose file; its own patience is 10 s. */
const grace = 40_000;

export interface Striker {
  /** @returns what is to be printed of it. */
  strike(fault: Fault): Promise<string>;
  /** Programs that were told to stop and did not, and everything else that went wrong with the striking itself. */
  readonly problems: readonly string[];
  /** Seconds from SIGTERM to the end, of each program that drained. */
  readonly drains: readonly number[];
  /** When nothing of it lasts any more. */
  over(): Promise<void>;
}

/** @param patienceMs for all strikes together: who is struck is first let to get up, or a slow machine would see only the starts of programs struck. */
export function createStriker(house: House, patienceMs: number): Striker {
  let patience = patienceMs;
  const problems: string[] = [];
  const drains: number[] = [];
  const lasting = new Set<Promise<unknown>>();
  const frozen = new Set<Member>();
  let rolling: Promise<unknown> = Promise.resolve();

  const later = (work: Promise<unknown>): void => {
    const noted = work.catch((error: unknown) => void problems.push(String(error))).finally(() => lasting.delete(noted));
    lasting.add(noted);
  };
  const member = (name: Member | undefined): Kept => {
    const found = name && house.members.get(name);
    if (!found) throw new Error(`nobody is called ${name}`);
    return found;
  };
  async function freeze(name: Member, ms: number): Promise<void> {
    const { pid } = member(name);
    if (pid === undefined || frozen.has(name)) return;
    frozen.add(name);
    member(name).signal("SIGSTOP");
    await sleep(ms);
    if (member(name).pid === pid) member(name).signal("SIGCONT");
    frozen.delete(name);
  }
  async function roll(name: Member): Promise<void> {
    // what is stopped cannot hear
    while (frozen.has(name)) await sleep(200);
    const seconds = await member(name).roll(grace);
    if (seconds === undefined && !frozen.has(name)) problems.push(`${name} did not end within ${grace / 1000} s of its SIGTERM`);
    else if (seconds !== undefined) drains.push(seconds);
  }
  async function rollAll(): Promise<void> {
    for (const name of house.members.keys()) {
      await roll(name);
      await sleep(1000);
      await house.ready(name, 60_000);
    }
  }
  const down = async (kill: () => Promise<void>, start: () => Promise<void>, ms: number): Promise<void> => {
    await kill();
    await sleep(ms);
    await start();
  };

  async function carryOut({ kind, member: name, far, ms }: Fault): Promise<void> {
    const { redis, postgres, store } = house;
    if (kind.startsWith("kill -9 of a")) return void (await member(name).strike("SIGKILL", ms));
    if (kind.startsWith("SIGSTOP") && name) return later(freeze(name, ms));
    if (kind.startsWith("SIGTERM") && name) return later(roll(name));
    if (kind.startsWith("rolling")) {
      rolling = rolling.then(rollAll);
      return later(rolling);
    }
    if (kind === "FLUSHALL of Redis") return redis.flush();
    if (kind.startsWith("kill -9 of Redis"))
      return down(
        async () => {
          await redis.kill();
          if (kind.endsWith("empty")) await redis.forget();
        },
        redis.start,
        ms,
      );
    if (kind.startsWith("immediate")) return down(postgres.crash, postgres.start, ms);
    if (kind.startsWith("kill -9 of every")) return down(postgres.killAll, postgres.start, ms);
    if (kind === "kill -9 of the S3 server") {
      if (store.process) return store.process.strike("SIGKILL", ms);
      for (const one of house.members.keys()) later(house.proxy(one, "S3").swallow(ms));
      return;
    }
    if (!name || !far) throw new Error(`${kind} of whom?`);
    const proxy = house.proxy(name, far);
    if (kind === "connections reset") proxy.cut();
    else later(kind === "connections held up" ? proxy.stall(ms) : proxy.swallow(ms));
  }

  return {
    async strike(fault) {
      const whom = fault.far ? ` (${fault.member} - ${fault.far})` : fault.member ? ` (${fault.member})` : "";
      const lasts = fault.kind === "connections reset" || fault.kind === "FLUSHALL of Redis" ? "" : `, ${(fault.ms / 1000).toFixed(1)} s`;
      const began = Date.now();
      if (fault.member && !frozen.has(fault.member)) await house.ready(fault.member, Math.min(12_000, patience));
      patience = Math.max(0, patience - (Date.now() - began));
      await carryOut(fault);
      return `${fault.kind}${whom}${lasts}`;
    },
    problems,
    drains,
    async over() {
      while (lasting.size > 0) await Promise.all(lasting);
    },
  };
}
