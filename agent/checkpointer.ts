/** Chat threads on PostgreSQL, in a schema of their own. Opened with the first turn: its packages cost a second of start-up. */
import type { BaseCheckpointSaver } from "@langchain/langgraph";
import type { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";

type Pool = ConstructorParameters<typeof PostgresSaver>[0];

/** Any number: the same in every process that opens the schema. */
const lock = 5_147_001;

/** What the driver throws in the driver's words, the reader of a turn shall hear in ours. */
function explained(saver: PostgresSaver, explain: (error: unknown) => unknown): PostgresSaver {
  return new Proxy(saver, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...given: unknown[]): unknown => {
        const result: unknown = value.apply(target, given);
        if (!(result instanceof Promise)) return result;
        return result.catch((error: unknown) => {
          throw explain(error);
        });
      };
    },
  });
}

/**
 * Tables are made by one process at a time, under an advisory lock, all on one connection: the pool may have no second one to spare.
 * @param options.explain makes a Failure of what PostgreSQL or its driver throws.
 * @returns a function that opens the checkpointer, once; after a failure the next call tries again.
 */
export async function createCheckpointer(
  pool: Pool,
  options: { schema?: string; explain?: (error: unknown) => unknown } = {},
): Promise<() => Promise<BaseCheckpointSaver>> {
  const explain = options.explain ?? ((error: unknown) => error);
  const schema = options.schema ?? "langgraph";
  let opening: Promise<BaseCheckpointSaver> | undefined;
  const open = async () => {
    const { PostgresSaver } = await import("@langchain/langgraph-checkpoint-postgres");
    const client = await pool.connect();
    try {
      await client.query("select pg_advisory_lock($1)", [lock]);
      const borrowed = { connect: async () => ({ query: client.query.bind(client), release() {} }) };
      await new PostgresSaver(borrowed as unknown as Pool, undefined, { schema }).setup();
      await client.query("select pg_advisory_unlock($1)", [lock]);
      client.release();
    } catch (error) {
      // closing the connection gives the lock back, whatever state it is in
      client.release(true);
      throw error;
    }
    return explained(new PostgresSaver(pool, undefined, { schema }), explain);
  };
  return () => {
    opening ??= open().catch((error: unknown) => {
      throw explain(error);
    });
    opening.catch(() => {
      opening = undefined;
    });
    return opening;
  };
}
