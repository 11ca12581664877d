/** Jobs a second through the whole chain with an engine that takes no time, over raw BullMQ on the same server at concurrency 1. */
import { openChain } from "./chain.ts";
import { median, type Report, table } from "./numbers.ts";
import { openRawQueue } from "./raw-queue.ts";
import { startServices } from "./services.ts";

const rounds = 5;
const jobs = 200;

export async function throughput({ say, goal }: Report): Promise<void> {
  const services = await startServices(say);
  try {
    const servers: [string, { redisUrl?: string }][] = [["PostgreSQL", {}]];
    if (services.redisUrl) servers.push(["Redis", { redisUrl: services.redisUrl }]);
    for (const [server, redis] of servers) {
      const databaseUrl = await services.newDatabase(`chain_${server.toLowerCase()}`);
      const rawUrl = await services.newDatabase(`raw_${server.toLowerCase()}`);
      const chain = await openChain({ databaseUrl, folder: services.folder, ...redis });
      const raw = await openRawQueue(redis.redisUrl ? { redisUrl: redis.redisUrl } : { databaseUrl: rawUrl });
      await raw.rate(20);
      await chain.rate(20);
      const [raws, chains]: [number[], number[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        raws.push(await raw.rate(jobs));
        chains.push(await chain.rate(jobs));
      }
      await raw.close();
      await chain.close();
      say(
        table(`jobs/s, ${server}`, [
          ["raw BullMQ, add + process", raws],
          ["whole chain", chains],
        ]),
      );
      goal(`${server}: chain ÷ raw`, median(chains) / median(raws), "at least", 0.3);
    }
  } finally {
    await services.end();
  }
}
