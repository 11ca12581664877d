/** A client whose studio may have ended for want of work: the next call finds it again, or starts it. */
import type { Client } from "../core/client.ts";
import { Failure } from "../core/failure.ts";

/** @param connect finds or starts the studio; many calls at once wait for one. */
export function revivingClient(first: Client, connect: () => Promise<Client>): Client {
  let client = first;
  let reviving: Promise<Client> | undefined;

  const isGone = (error: unknown): boolean => error instanceof Failure && error.code === "not_running";
  const revive = (): Promise<Client> => {
    reviving ??= connect().finally(() => {
      reviving = undefined;
    });
    return reviving;
  };

  async function again<T>(work: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await work(client);
    } catch (error) {
      if (!isGone(error)) throw error;
      client = await revive();
      return work(client);
    }
  }

  /** Only where nothing has come yet: a stream that broke in the middle is its own client's business. */
  async function* follow<T>(open: (client: Client) => AsyncIterable<T>): AsyncIterable<T> {
    let begun = false;
    try {
      for await (const item of open(client)) {
        begun = true;
        yield item;
      }
    } catch (error) {
      if (begun || !isGone(error)) throw error;
      client = await revive();
      yield* open(client);
    }
  }

  return {
    status: () => again((one) => one.status()),
    tools: () => again((one) => one.tools()),
    invoke: (...given) => again((one) => one.invoke(...given)),
    job: (id) => again((one) => one.job(id)),
    jobs: (limit) => again((one) => one.jobs(limit)),
    answer: (...given) => again((one) => one.answer(...given)),
    cancel: (id) => again((one) => one.cancel(id)),
    artifact: (id) => again((one) => one.artifact(id)),
    artifacts: (limit) => again((one) => one.artifacts(limit)),
    download: (...given) => again((one) => one.download(...given)),
    link: (id) => again((one) => one.link(id)),
    thumbnail: (id) => again((one) => one.thumbnail(id)),
    // a body that was begun cannot be sent a second time
    upload: (...given) => client.upload(...given),
    chat: (...given) => follow((one) => one.chat(...given)),
    watch: (...given) => follow((one) => one.watch(...given)),
  };
}
