/** The table of what was found and what was not, each with the command that brings it: printed at start, by `doctor` and at `/v1/status`. */
import { inContainer } from "./cli/diagnose/container.ts";
import { type Addresses, chatModelRow, comfyuiRow, gpuHostRow } from "./cli/diagnose/rows.ts";
import { foreignEngine, type Stack, stackOf } from "./cli/diagnose/stack.ts";
import { type StoreAddresses, storeRow } from "./cli/diagnose/store.ts";
import type { Agent } from "./core/chat.ts";
import type { StatusRow } from "./core/client.ts";
import { Failure, toFailure } from "./core/failure.ts";
import type { Engine } from "./core/ports/engine.ts";

export interface StatusParts {
  engines: readonly Engine[];
  agent: Pick<Agent, "status">;
  /** Named checks that resolve where the part works: database, queue, files. */
  checks: Record<string, { what: string; check(): Promise<void> }>;
  /** What is wrong with parts that answer. One that fails tells nothing: its check does. */
  findings?: readonly (() => Promise<StatusRow[]>)[];
  paused(): Promise<{ mode: string; since: string } | undefined>;
  /** Where others are looked for, so that a part that does not work is told with its cause. */
  config: Addresses & StoreAddresses;
  /** Whether we run in a container; looked up when left out. */
  container?: boolean;
  /** The stack that we are a part of; looked up when left out. */
  stack?: Stack;
}

/** A part that hangs must not hang the table. */
const patience = 5000;

async function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () =>
        reject(new Failure("timeout", `It did not answer within ${patience / 1000} s. Ask again; it may be busy.`, { retryable: true })),
      patience,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function engineRow(engine: Engine): Promise<StatusRow> {
  const status = await within(engine.status()).catch(() => ({
    id: engine.id,
    title: engine.title,
    state: "down" as const,
    note: "no answer",
  }));
  const vram = "vramTotalGb" in status && status.vramTotalGb ? `, ${status.vramTotalGb.toFixed(1)} GB` : "";
  const version = "version" in status && status.version ? ` ${status.version}` : "";
  const at = "url" in status && status.url ? ` at ${status.url}` : "";
  return {
    part: engine.title,
    state: status.state === "ready" ? "ok" : status.state,
    what: status.state === "ready" ? `${at ? `found${version}${at}${vram}` : "ready"}` : (status.note ?? `not found${at}`),
    ...(status.state !== "ready" && "fix" in status && status.fix ? { fix: status.fix } : {}),
  };
}

async function modelRow(agent: StatusParts["agent"]): Promise<StatusRow> {
  const status = await within(agent.status()).catch(() => ({ planner: "rules" as const, note: "no answer" }));
  const model = "model" in status && status.model ? `${status.model}${status.url ? ` at ${status.url}` : ""}` : "none";
  const fix = "fix" in status && status.fix ? { fix: status.fix } : {};
  if (status.planner !== "rules" && !fix.fix) return { part: "Chat model", state: "ok", what: `${model}, planning: ${status.planner}` };
  return {
    part: "Chat model",
    state: model === "none" ? "absent" : "down",
    what: status.note ?? `${model}, planning: ${status.planner}`,
    ...fix,
  };
}

export async function statusRows(parts: StatusParts): Promise<StatusRow[]> {
  const { config, container = inContainer(), stack = stackOf() } = parts;
  const where = { container, stack };
  const checks = Object.entries(parts.checks).map(async ([part, { what, check }]): Promise<StatusRow> => {
    try {
      await within(check());
      return { part, state: "ok", what };
    } catch (error) {
      return storeRow(part, toFailure(error), { addresses: config, container, stack });
    }
  });
  // what is only told better must not be lost by it
  const better = async (row: StatusRow, work: (row: StatusRow) => Promise<StatusRow>) => within(work(row)).catch(() => row);
  const rows = await Promise.all([
    ...checks,
    modelRow(parts.agent).then((row) => better(row, (one) => chatModelRow(one, config, where))),
    ...parts.engines.map(async (engine) => {
      const row = await engineRow(engine);
      if (engine.id === "comfyui") return better(row, (one) => comfyuiRow(one, config, where));
      return engine.id === "gpu-host" ? better(row, (one) => gpuHostRow(one, config.gpuHost, where)) : foreignEngine(stack, engine.id, row);
    }),
  ]);
  const findings = await Promise.all((parts.findings ?? []).map((find) => within(find()).catch(() => [])));
  rows.push(...findings.flat());
  const paused = await within(parts.paused()).catch(() => undefined);
  if (paused) rows.push({ part: "Paused", state: "info", what: `since ${paused.since}; jobs wait`, fix: 'myspinbot chat "/resume"' });
  return rows;
}
