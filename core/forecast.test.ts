/** The line played through: several families, a training ahead, two lanes, and what nobody knows. */
import { describe, expect, it } from "vitest";
import { forecast, type Server, type Standing } from "./forecast.ts";
import { defaultPolicy, trainingOffset } from "./schedule.ts";

const card: Server = { families: ["sdxl", "sd15", "train"], vramGb: 16 };
const waits = (id: string, family: string, seconds: number[], more: Partial<Standing> = {}): Standing => ({
  ...{ id, family, priority: 1, queuedAt: 0, vramGb: 8, seconds },
  ...more,
});
const ask = (id: string, line: Standing[], servers: Server[] = [card]) => forecast(id, line, servers, 0, defaultPolicy);

describe("forecast", () => {
  it("of a job that is next is what others like it took, without the strangest", () => {
    const seconds = Array.from({ length: 20 }, (_, index) => index + 1);
    expect(ask("a", [waits("a", "sdxl", seconds)])).toEqual([3, 19]);
  });

  it("counts what runs, what goes before it, and its own work", () => {
    const works = { id: "r", family: "sdxl", since: 0, left: [5] };
    const line = [waits("a", "sdxl", [10]), waits("b", "sdxl", [20], { queuedAt: 1 }), waits("c", "sdxl", [100], { queuedAt: 2 })];
    expect(ask("b", line, [{ ...card, works }])).toEqual([35, 35]);
  });

  it("goes by the policy: the warm family first, and no training before a picture", () => {
    const works = { id: "r", family: "sdxl", since: 0, left: [5] };
    const line = [
      waits("other", "sd15", [4], { queuedAt: -1000 }),
      waits("same", "sdxl", [20]),
      waits("long", "train", [3600], { priority: trainingOffset + 1, queuedAt: -5000 }),
    ];
    expect(ask("same", line, [{ ...card, works }])).toEqual([25, 25]);
    expect(ask("other", line, [{ ...card, works }])).toEqual([29, 29]);
    expect(ask("long", line, [{ ...card, works }])).toEqual([3629, 3629]);
  });

  it("with two lanes does not add up what runs beside it, and leaves out the one that is too small", () => {
    const works = { id: "r", family: "train", since: 0, left: [3600] };
    const line = [waits("big", "sdxl", [20], { vramGb: 12 }), waits("small", "sd15", [4], { vramGb: 4 })];
    const small: Server = { ...card, vramGb: 8 };
    expect(ask("small", line, [{ ...card, works }, small])).toEqual([4, 4]);
    expect(ask("big", line, [{ ...card, works }, small])?.[0]).toBeGreaterThan(3600);
  });

  it("takes each family by priority, then by waiting, however the line is listed; what does not fit is passed over", () => {
    const line = [
      waits("c", "sdxl", [100], { priority: 2, queuedAt: 5 }),
      waits("huge", "sdxl", [1000], { vramGb: 24, queuedAt: -9 }),
      waits("b", "sdxl", [10], { queuedAt: 4 }),
      waits("a", "sdxl", [1], { queuedAt: 3 }),
    ];
    for (const listed of [line, [...line].reverse()]) {
      expect(["a", "b", "c"].map((id) => ask(id, listed)?.[1])).toEqual([1, 11, 111]);
      expect(ask("huge", listed)).toBeUndefined();
    }
  });

  it("of several jobs is narrower than their worst cases added up, and the same each time", () => {
    const seconds = [10, 12, 14, 16, 18, 20, 22, 24, 26, 100];
    const line = Array.from({ length: 10 }, (_, index) => waits(`j${index}`, "sdxl", seconds, { queuedAt: index }));
    const [from, to] = ask("j9", line) ?? [0, 0];
    expect(from).toBeGreaterThan(10 * 10);
    expect(to).toBeLessThan(10 * 100);
    expect(from).toBeLessThan(to);
    expect(ask("j9", line)).toEqual([from, to]);
  });

  it("says nothing where it or something before it has no past, and where no lane is", () => {
    const line = [waits("a", "sdxl", []), waits("b", "sdxl", [20], { queuedAt: 1 })];
    expect(ask("a", line)).toBeUndefined();
    expect(ask("b", line)).toBeUndefined();
    expect(ask("b", [waits("b", "sdxl", [20])], [])).toBeUndefined();
  });
});
