/** Several people at once, for as long as the run lasts. */
import { setTimeout as sleep } from "node:timers/promises";
import { createHttpClient } from "../../http/client.ts";
import { createKeysClient } from "../../http/keys-client.ts";
import { pick, random } from "../harness/random.ts";
import { carry, type Desk, errand } from "./errands.ts";
import { createPerson, type Person } from "./person.ts";
import type { Ledger } from "./told.ts";

export interface Load {
  /** How often each thing was done. */
  readonly counts: ReadonlyMap<string, number>;
  readonly wrong: readonly string[];
  /** Requests that were sent again, by what the try before came to. */
  readonly again: ReadonlyMap<string, number>;
  /** Errands that are not over. */
  readonly open: number;
  /** Nothing new is begun; resolves when everything that was has ended. */
  drain(): Promise<void>;
}

export interface LoadOptions {
  urls: readonly string[];
  /** An administrator's. */
  key: string;
  ledger: Ledger;
  seed: number;
}

const names = ["ada", "bo", "cleo", "dan", "eve"];

export async function startLoad({ urls, key, ledger, seed }: LoadOptions): Promise<Load> {
  const chance = random(seed);
  const counts = new Map<string, number>();
  const wrong: string[] = [];
  const count = (what: string) => void counts.set(what, (counts.get(what) ?? 0) + 1);
  let going = true;
  let open = 0;

  const keys = createKeysClient({ url: urls[0] ?? "", key });
  const people: Person[] = [];
  for (const name of names) {
    const { secret } = await keys.create({ name, principal: name, scopes: ["jobs:read", "jobs:write"] });
    people.push(createPerson(name, secret, urls, chance));
  }

  async function busy(desk: Desk): Promise<void> {
    while (going) {
      open++;
      await (chance() < 0.08 ? carry(desk) : errand(desk)).catch((error: unknown) =>
        wrong.push(`${desk.person.name}: ${error instanceof Error ? `${error.name} ${error.message}` : error}`),
      );
      open--;
      await sleep(1500 * chance());
    }
  }
  /** Somebody who looks at the status page the whole time. */
  async function looking(): Promise<void> {
    for (; going; await sleep(4000))
      await Promise.race([createHttpClient({ url: pick(urls, chance), key }).status(), sleep(5000)]).then(
        () => count("looks at the status"),
        () => undefined,
      );
  }
  const all = people.flatMap((person, index) => {
    const stranger = people[(index + 1) % people.length] ?? person;
    const desk: Desk = { person, stranger, ledger, chance, pictures: [], count, wrong: (text) => void wrong.push(text) };
    return [busy(desk), busy(desk), busy(desk)];
  });
  all.push(looking());

  return {
    counts,
    wrong,
    get again() {
      const sums = new Map<string, number>();
      for (const person of people) for (const [why, times] of person.again) sums.set(why, (sums.get(why) ?? 0) + times);
      return sums;
    },
    get open() {
      return open;
    },
    async drain() {
      going = false;
      await Promise.all(all);
    },
  };
}
