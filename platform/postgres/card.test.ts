/** The card's ledger in PostgreSQL: one change at a time, seen by every process. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { createCard } from "../../core/card.ts";
import { silentLog } from "../../core/log.ts";
import { type Database, openPostgres } from "./open.ts";
import { createDatabase, type TestDatabase } from "./testing/database.ts";

let test: TestDatabase;
let here: Database;
let there: Database;

beforeAll(async () => {
  test = await createDatabase();
  here = await openPostgres({ url: test.url, log: silentLog });
  there = await openPostgres({ url: test.url, log: silentLog });
});
afterAll(async () => {
  await Promise.all([here.close(), there.close()]);
  await test.drop();
});

it("another process sees a job and a turn at once", async () => {
  const [worker, server] = [createCard(here.card), createCard(there.card)];
  const seat = await server.enter({ model: "m", gb: 5 });
  const hold = await worker.take("w", { family: "comfy-sdxl", vramGb: 10 });
  expect(await hold.turns()).toBe(5);
  expect(await server.enter({ model: "m", gb: 5 })).toBeUndefined();
  await seat?.leave();
  expect(await hold.turns()).toBeUndefined();
  await hold.end();
  expect(await server.now()).toBeUndefined();
});

it("of a job and a turn that come in the same moment, one sees the other: never both on the card unseen", async () => {
  const [worker, server] = [createCard(here.card), createCard(there.card)];
  for (let round = 0; round < 50; round++) {
    const [hold, seat] = await Promise.all([worker.take("w", { family: "f", vramGb: 10 }), server.enter({ model: "m", gb: 5 })]);
    expect(seat === undefined ? undefined : await hold.turns()).toBe(seat === undefined ? undefined : 5);
    await Promise.all([hold.end(), seat?.leave()]);
  }
});

it("no change is lost among many", async () => {
  const cards = [createCard(here.card), createCard(there.card)];
  const seats = await Promise.all(Array.from({ length: 40 }, (_, index) => cards[index % 2]?.enter({ model: `m${index}`, gb: 1 })));
  const hold = await createCard(here.card).take("w", { family: "f", vramGb: 1 });
  expect(await hold.turns()).toBe(40);
  await Promise.all(seats.map((seat) => seat?.leave()));
  expect(await hold.turns()).toBeUndefined();
  await hold.end();
});
