/** The parts of an app for tests: a fake studio, a scripted agent, and ears on what is logged and measured. */
import { createAccessKeys } from "../../core/access-keys.ts";
import type { Agent, Part, TurnRequest } from "../../core/chat.ts";
import { createDeliveries } from "../../core/deliveries.ts";
import { defaultLimits } from "../../core/limits.ts";
import { createLinks } from "../../core/links.ts";
import type { Log } from "../../core/log.ts";
import { noMetrics } from "../../core/ports/metrics.ts";
import type { AppParts } from "../parts.ts";
import { type FakeStudio, fakeStudio } from "./fake-studio.ts";
import { memoryDeliveries } from "./memory-deliveries.ts";
import { memoryKeys } from "./memory-keys.ts";

export type Script = (request: TurnRequest, signal: AbortSignal) => AsyncIterable<Part>;

export function scriptedAgent(script: Script): Agent & { turns: TurnRequest[] } {
  const turns: TurnRequest[] = [];
  return {
    turns,
    turn(request, signal) {
      turns.push(request);
      return script(request, signal);
    },
    status: async () => ({ planner: "rules" }),
  };
}

export interface TestParts extends AppParts {
  studio: FakeStudio;
  logged: { level: string; facts: Record<string, unknown>; text: string | undefined }[];
  measured: [string, string, number][];
}

export function testParts(more: Partial<AppParts> = {}): TestParts {
  const logged: TestParts["logged"] = [];
  const measured: TestParts["measured"] = [];
  const at = (level: string) => (facts: object, text?: string) => void logged.push({ level, facts: { ...facts }, text });
  const log: Log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error"), child: () => log };
  const studio = fakeStudio();
  return {
    keys: createAccessKeys({ store: memoryKeys(), log }),
    links: createLinks({ secret: Buffer.alloc(32, 7), owner: async (id) => studio.ownerOf(id) }),
    agent: scriptedAgent(async function* () {}),
    deliveries: createDeliveries({
      store: memoryDeliveries((job) => studio.jobs.get(job)?.state),
      jobs: { get: async (principal, id) => [...studio.jobs.values()].find((job) => job.id === id && job.principal === principal) },
      bus: { subscribe: () => () => undefined },
      metrics: noMetrics,
      lookMs: 10,
    }),
    metrics: {
      ...noMetrics,
      request: (method, route, status) => void measured.push([method, route, status]),
      text: async () => ({ contentType: "text/plain; version=0.0.4", body: "up 1\n" }),
    },
    limits: defaultLimits,
    log,
    version: "0.0.0",
    status: async () => ({ version: "0.0.0", pid: 1, data: "data", rows: [] }),
    ready: async () => {},
    access: { hosts: [] },
    local: true,
    ...more,
    studio,
    logged,
    measured,
  };
}

/** Looks again and again until it is so, at most 10 s. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`it never came to this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
