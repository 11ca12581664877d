/** A tool's own scope holds at every door of the studio that leads to it. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createStudio, type StudioParts } from "./create-studio.ts";
import { silentLog } from "./log.ts";
import type { Scope } from "./scope.ts";
import { defineJobTool } from "./tool.ts";

const id = "job_0123456789abcdef";
const reached = new Error("the scope was enough");
const annotations = { readOnly: false, destructive: false, idempotent: false };
const train = defineJobTool({
  ...{ name: "train_lora", title: "Train", alias: "train", description: "Trains.", input: z.strictObject({}), annotations, scope: "train" },
  prepare: () => Promise.reject(reached),
  run: () => Promise.reject(reached),
});
const row = { id, principal: "june", tool: "train_lora", input: {}, state: "failed", artifacts: [] };
const parts = {
  tools: [train],
  jobs: { get: async (principal: string) => (principal === "june" ? row : undefined), retry: () => Promise.reject(reached) },
  log: silentLog,
};
const studio = createStudio(parts as unknown as StudioParts);
const call = { tool: "train_lora", input: {} };

type Who = { id: string; scopes: Scope[] };
const doors: [string, (who: Who) => Promise<unknown>][] = [
  ["check", (who) => studio.check(who, call)],
  ["invoke", (who) => studio.invoke(who, call)],
  ["invoke by its alias", (who) => studio.invoke(who, { ...call, tool: "train" })],
  ["reroll", (who) => studio.reroll(who, id, {})],
  ["retry", (who) => studio.retry(who, id)],
];

describe("a tool with a scope of its own", () => {
  it.each(doors)("is not reached by %s without it", async (_name, door) => {
    await expect(door({ id: "june", scopes: ["jobs:read", "jobs:write", "voice", "act-as"] })).rejects.toMatchObject({
      code: "not_allowed",
      message: expect.stringContaining("scope train"),
    });
    for (const scopes of [["train"], ["admin"]] as Scope[][]) await expect(door({ id: "june", scopes })).rejects.toBe(reached);
  });
  it.each(doors.slice(3))("by %s another's job is unknown before anything is said of scopes", async (_name, door) => {
    await expect(door({ id: "mallory", scopes: [] })).rejects.toMatchObject({ code: "unknown_job" });
  });
});
