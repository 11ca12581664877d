/** What was measured as tables, and each goal held against the peer's figure of the same run. */
import { median, type Report, show, table } from "../numbers.ts";
import type { Cost, Measured } from "./measure.ts";
import type { Held } from "./processes.ts";

const sum = (held: readonly Held[], field: "rss" | "peak" | "pss"): number => held.reduce((total, one) => total + one[field], 0);
const whole = ({ server, database }: Cost): number[] => server.map((ms, index) => ms + (database[index] ?? 0));
const nameOf = ({ contender }: Measured): string => `${contender.name}, ${contender.transport}`;

function costs(all: readonly Measured[], of: (one: Measured) => Cost): [string, number[]][] {
  return all.flatMap((one): [string, number[]][] => {
    const rows: [string, number[]][] = [[nameOf(one), of(one).server]];
    return one.databaseAfter.length > 0 ? [...rows, [`${nameOf(one)}, with PostgreSQL`, whole(of(one))]] : rows;
  });
}

function memory({ say }: Report, all: readonly Measured[]): void {
  say("MB resident (RSS): idle after tools/list, after the load, and at most; each process of a server, then its sum");
  for (const one of all) {
    const line = (what: string, held: { idle: number; after: number; peak: number }) =>
      say(`  ${what.padEnd(64)} ${[held.idle, held.after, held.peak].map((value) => show(value).padStart(6)).join(" ")}`);
    for (const process of one.after) {
      const before = one.idle.find(({ pid }) => pid === process.pid);
      line(`${nameOf(one)}: ${process.what}`, {
        idle: before?.rss ?? 0,
        after: process.rss,
        peak: process.peak,
      });
    }
    if (one.after.length > 1)
      line(`${nameOf(one)}: sum; a further client adds what it starts`, {
        idle: sum(one.idle, "rss"),
        after: sum(one.after, "rss"),
        peak: sum(one.after, "peak"),
      });
    if (one.databaseAfter.length > 0)
      say(
        `  ${`${nameOf(one)}: PostgreSQL, ${one.databaseAfter.length} processes (PSS)`.padEnd(64)} ${show(sum(one.databaseIdle, "pss")).padStart(6)} ${show(sum(one.databaseAfter, "pss")).padStart(6)}`,
      );
  }
}

/** Every goal is a ratio to the peer; that to the bare server says how far it is from the least there is. */
function goals({ goal, say }: Report, all: readonly Measured[], ours: Measured): void {
  const { transport } = ours.contender;
  const named = (name: string) => all.find(({ contender }) => contender.name === name && contender.transport === transport);
  const [peer, bare] = [named("comfyui-mcp"), named("bare SDK v2")];
  if (!peer || !bare) throw new Error("a baseline is missing");
  const of = nameOf(ours);
  const ratio = (what: string, value: (one: Measured) => number, limit: "at most" | "at least", least: number) => {
    goal(`${of}: ${what} ÷ comfyui-mcp`, value(ours) / value(peer), limit, least);
    say(`    ${show(value(ours))} against ${show(value(peer))}; bare SDK v2: ${show(value(bare))}`);
  };
  ratio("tools/list bytes", (one) => one.listBytes, "at most", 0.1);
  ratio("tools/list calls/s", (one) => median(one.list.perSecond), "at least", 1);
  ratio("CPU ms a tools/list", (one) => median(one.list.server), "at most", 1);
  ratio("calls/s of the state of a job", (one) => median(one.look.perSecond), "at least", 1);
  ratio("CPU ms a state of a job", (one) => median(one.look.server), "at most", 1);
  ratio("CPU ms a picture, one by one", (one) => median(one.sequential.server), "at most", 1);
  ratio("CPU ms a picture, one by one, with PostgreSQL", (one) => median(whole(one.sequential)), "at most", 1);
  ratio("CPU ms a picture, 16 at once", (one) => median(one.parallel.server), "at most", 1);
  ratio("CPU ms a picture, 16 at once, with PostgreSQL", (one) => median(whole(one.parallel)), "at most", 1);
  ratio("MB idle (RSS)", (one) => sum(one.idle, "rss"), "at most", 1);
  ratio("MB at most (RSS)", (one) => sum(one.after, "peak"), "at most", 1);
  ratio("MB at most (RSS), with PostgreSQL (PSS)", (one) => sum(one.after, "peak") + sum(one.databaseAfter, "pss"), "at most", 1);
  const calls = median(ours.pictures.map((picture) => picture.calls));
  goal(`${of}: tool calls until a picture is shown`, calls, "at most", 2);
  const more = Math.max(...ours.pictures.map((picture) => picture.more));
  say(
    `    ${show(median(peer.pictures.map((picture) => picture.calls)))} with comfyui-mcp; for the file itself ours takes ${more} request more (resources/read, or its address)`,
  );
}

export function judge(report: Report, all: readonly Measured[]): void {
  const { say } = report;
  for (const one of all) say(`${nameOf(one)}: tools/list ${one.listBytes} bytes, ${one.tools} tools`);
  say(
    table(
      "tools/list calls/s, 8 at once",
      all.map((one) => [nameOf(one), one.list.perSecond]),
    ),
  );
  say(
    table(
      "CPU ms a tools/list",
      costs(all, (one) => one.list),
    ),
  );
  say(
    table(
      "calls/s, state of a job, 8 at once",
      all.map((one) => [nameOf(one), one.look.perSecond]),
    ),
  );
  say(
    table(
      "CPU ms a state of a job",
      costs(all, (one) => one.look),
    ),
  );
  say(
    table(
      "CPU ms a picture, one by one, file in hand",
      costs(all, (one) => one.sequential),
    ),
  );
  say(
    table(
      "CPU ms a picture, one by one, shown",
      costs(all, (one) => one.shown),
    ),
  );
  say(
    table(
      "CPU ms a picture, 16 at once, file in hand",
      costs(all, (one) => one.parallel),
    ),
  );
  say(
    table(
      "ms a picture, one by one",
      all.map((one) => [nameOf(one), one.sequential.ms]),
    ),
  );
  say(
    table(
      "ms a picture, 16 at once",
      all.map((one) => [nameOf(one), one.parallel.ms]),
    ),
  );
  memory(report, all);
  // the 2026 era is in the tables; the peer does not speak it
  for (const one of all) if (one.contender.name === "myspinbot") goals(report, all, one);
}
