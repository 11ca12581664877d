/** The request sets through whole turns, by rules and guided: right tool and arguments, and nothing at all where nothing may be. */
import { afterEach, describe, expect, it } from "vitest";
import type { ChatModelSource } from "../model.ts";
import { type Entry, loose, requests, runSet, unseen } from "../testing/evals.ts";
import { copying, sensible, startFiller } from "../testing/fillers.ts";
import { noRequests } from "../testing/no-requests.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function filling(filler: Parameters<typeof startFiller>[0]) {
  const { ollama, model } = await startFiller(filler);
  closing.push(ollama.close);
  return { ollama, model };
}

async function score(name: string, entries: readonly Entry[], model?: ChatModelSource) {
  const results = await runSet(entries, model);
  const wrong = results.filter((result) => !result.right);
  const quiet = results.filter((result) => result.entry.calls.length === 0);
  const rate = (results.length - wrong.length) / results.length;
  const lines = wrong.map(({ entry, got }) => `  ${entry.text} -> ${JSON.stringify(got)}`).join("\n");
  process.stdout.write(
    `${name}: ${results.length - wrong.length} of ${results.length} right (${(rate * 100).toFixed(1)} %), ` +
      `${quiet.filter((result) => !result.falseSubmission).length} of ${quiet.length} rightly nothing\n${lines}${lines ? "\n" : ""}`,
  );
  const asked = results.filter((result) => result.entry.calls.length > 0);
  return {
    rate,
    right: results.length - wrong.length,
    asked: asked.filter((result) => result.right).length / Math.max(asked.length, 1),
    quiet: quiet.length,
    false: results.filter((result) => result.falseSubmission).map(({ entry }) => entry.text),
  };
}

const all = {
  main: requests.main,
  "held out": requests.heldout,
  unseen: [...unseen.main, ...unseen.quiet],
  loose: [...loose.main, ...loose.quiet],
} as const;

const scores = new Map<string, ReturnType<typeof score>>();
/** Measured once, whoever asks. */
function byRules(name: keyof typeof all) {
  const known = scores.get(name) ?? score(`${name}, rules`, all[name]);
  scores.set(name, known);
  return known;
}

describe("the rule planner", () => {
  it("is measured on as many requests as were promised", () => {
    const promised = [...all.main, ...all["held out"]];
    expect(promised.length).toBeGreaterThanOrEqual(80);
    expect(promised.filter(({ calls }) => calls.length === 0).length).toBeGreaterThanOrEqual(20);
    expect(new Set(promised.map(({ lang }) => lang ?? "en"))).toEqual(new Set(["en", "de", "es"]));
  });
  it.each(["main", "held out", "unseen"] as const)("%s: at least 90 % right and no false submission", async (name) => {
    const result = await byRules(name);
    expect(result.false).toEqual([]);
    expect(result.quiet).toBeGreaterThan(0);
    expect(result.rate).toBeGreaterThanOrEqual(0.9);
    expect(result.asked).toBeGreaterThanOrEqual(0.9);
  });
});

describe("guided planning", () => {
  // some hundred turns each, over HTTP
  it.each(["unseen", "loose"] as const)(
    "%s: a model that understands makes it no worse, and nothing false is submitted",
    {
      timeout: 300_000,
    },
    async (name) => {
      const entries = all[name];
      const rules = await byRules(name);
      const { model } = await filling(sensible(entries));
      const guided = await score(`${name}, guided`, entries, model);
      expect(guided.false).toEqual([]);
      expect(guided.right).toBeGreaterThanOrEqual(rules.right);
      expect(guided.rate).toBeGreaterThanOrEqual(0.9);
    },
  );
  it("asks the model for nothing that the rules place word by word", async () => {
    const { ollama, model } = await filling(copying);
    const entries = requests.main.filter(({ calls }) => calls.length > 0).slice(0, 20);
    expect((await score("placed by rules", entries, model)).right).toBe(20);
    expect(ollama.chats()).toEqual([]);
  });
  it("does not even ask the model where nothing is wished for: the rules choose", { timeout: 300_000 }, async () => {
    const { ollama, model } = await filling(copying);
    const quiet = ["empty", "fox"].flatMap((context) => noRequests.map((text): Entry => ({ text, context, calls: [] })));
    const result = await score("no requests, copied", [...quiet, ...unseen.quiet, ...loose.quiet], model);
    expect(result.false).toEqual([]);
    expect(ollama.chats()).toEqual([]);
  });
});
