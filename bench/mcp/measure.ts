/** Measures the contenders in turns, so that what else the machine does falls on all of them alike. */
import type { Report } from "../numbers.ts";
import type { Contender, Picture } from "./contender.ts";
import { cpuMs, type Held, held } from "./processes.ts";

const rounds = { whole: 4, short: 1 };
const oneByOne = 6;
const atOnce = 16;
const cheapCalls = 200;
const cheapAtOnce = 8;

/** Processor time of one call or picture in milliseconds: the server's own, and its database's. */
export interface Cost {
  server: number[];
  database: number[];
}

export interface Measured {
  contender: Contender;
  /** Of the answer to tools/list. */
  listBytes: number;
  tools: number;
  list: Cost & { perSecond: number[] };
  look: Cost & { perSecond: number[] };
  /** Pictures one by one until the file is there, and until one is shown; and many at once. */
  sequential: Cost & { ms: number[] };
  shown: Cost;
  parallel: Cost & { ms: number[] };
  pictures: Picture[];
  idle: Held[];
  after: Held[];
  databaseIdle: Held[];
  databaseAfter: Held[];
}

const cost = (): Cost => ({ server: [], database: [] });

async function spend(contender: Contender, into: Cost, count: number, work: () => Promise<void>): Promise<number> {
  const read = async () => [await cpuMs(await contender.servers()), await cpuMs(await contender.database())] as const;
  const before = await read();
  const begun = performance.now();
  await work();
  const ms = performance.now() - begun;
  const after = await read();
  into.server.push((after[0] - before[0]) / count);
  into.database.push((after[1] - before[1]) / count);
  return ms;
}

async function many(count: number, width: number, act: () => Promise<unknown>): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (left-- > 0) await act();
    }),
  );
}

async function begin(contender: Contender): Promise<Measured> {
  const tools = await contender.client.tools();
  const idle = await held(await contender.servers());
  const databaseIdle = await held(await contender.database());
  // what is only done once, and what a just-in-time compiler does
  for (let index = 0; index < 3; index++) await contender.picture(true);
  await many(atOnce, atOnce, () => contender.picture(true));
  await many(cheapCalls, cheapAtOnce, () => contender.look());
  await many(cheapCalls / 4, cheapAtOnce, () => contender.client.tools());
  return {
    contender,
    ...{ listBytes: Buffer.byteLength(JSON.stringify({ tools })), tools: tools.length },
    list: { ...cost(), perSecond: [] },
    look: { ...cost(), perSecond: [] },
    sequential: { ...cost(), ms: [] },
    shown: cost(),
    parallel: { ...cost(), ms: [] },
    ...{ pictures: [], idle, after: [], databaseIdle, databaseAfter: [] },
  };
}

async function round({ contender, ...into }: Measured): Promise<void> {
  // a connection that was idle while the others had their turn may be closed in the very moment in which it is used again
  await contender.look().catch(() => contender.look());
  const picture = async (original: boolean) => void into.pictures.push(await contender.picture(original));
  const lists = await spend(contender, into.list, cheapCalls / 4, () => many(cheapCalls / 4, cheapAtOnce, () => contender.client.tools()));
  into.list.perSecond.push((cheapCalls * 250) / lists);
  const looks = await spend(contender, into.look, cheapCalls, () => many(cheapCalls, cheapAtOnce, () => contender.look()));
  into.look.perSecond.push((cheapCalls * 1000) / looks);
  into.sequential.ms.push((await spend(contender, into.sequential, oneByOne, () => many(oneByOne, 1, () => picture(true)))) / oneByOne);
  await spend(contender, into.shown, oneByOne, () => many(oneByOne, 1, () => picture(false)));
  into.parallel.ms.push((await spend(contender, into.parallel, atOnce, () => many(atOnce, atOnce, () => picture(true)))) / atOnce);
}

export async function measure(contenders: readonly Contender[], { say, short }: Report): Promise<Measured[]> {
  const all: Measured[] = [];
  const count = short ? rounds.short : rounds.whole;
  for (const contender of contenders) all.push(await begin(contender));
  for (let index = 0; index < count; index++) {
    say(`round ${index + 1} of ${count}`);
    for (const one of index % 2 ? [...all].reverse() : all) await round(one);
  }
  for (const one of all) {
    one.after = await held(await one.contender.servers());
    one.databaseAfter = await held(await one.contender.database());
  }
  return all;
}
