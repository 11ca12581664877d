/** The facts that the processes share, as PostgreSQL keeps them. */
import { expect, it } from "vitest";
import { createCard } from "../../core/card.ts";
import { onEveryServer } from "../postgres/testing/servers.ts";
import { sharedFacts } from "./shared.ts";

onEveryServer(({ database }) => {
  it("nobody holds the card and nothing was backed up in a new studio; the clocks agree on one machine", async () => {
    const facts = await sharedFacts(database().pool)();
    expect(facts.card).toEqual([]);
    expect(facts.backup).toBeUndefined();
    expect(Math.abs(facts.skewSeconds)).toBeLessThan(60);
  });

  it("who holds the card is told while they hold it, and no longer", async () => {
    const facts = sharedFacts(database().pool);
    const hold = await createCard(database().card).take("box:7", { family: "comfy-sdxl", vramGb: 8 });
    expect((await facts()).card).toEqual([{ worker: "box:7", family: "comfy-sdxl", seconds: expect.any(Number) }]);
    await hold.end();
    expect((await facts()).card).toEqual([]);
  });

  it("a lease that ran out is nobody's", async () => {
    await database().card.change((state, now) => {
      state.uses["dead:1"] = { hold: "x", family: "train", vramGb: 8, spareGb: 0, since: now - 60_000, until: now - 1 };
    });
    expect((await sharedFacts(database().pool)()).card).toEqual([]);
  });

  it("the last backup is told, and what is no such note is none", async () => {
    const facts = sharedFacts(database().pool);
    const note = { at: "2026-11-30T12:00:00.000Z", bytes: 123, files: 4 };
    await database().settings.set("backup.last", note);
    expect((await facts()).backup).toEqual({ at: new Date(note.at), bytes: 123 });
    for (const wrong of [{ at: "yesterday", bytes: 1 }, { at: note.at }, "x", null, 7]) {
      await database().settings.set("backup.last", wrong);
      expect((await facts()).backup).toBeUndefined();
    }
  });
});
