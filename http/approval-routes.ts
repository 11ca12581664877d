/** Questions to a person over HTTP: what is open, and the answer that a face's own dialog took. */
import type { Hono } from "hono";
import { z } from "zod";
import { answerWays } from "../core/approval.ts";
import { parseWith, readJson } from "./body.ts";
import type { Env } from "./env.ts";
import type { AppParts } from "./parts.ts";

export const approvalAnswer = z.strictObject({
  answer: z.enum(["yes", "no"], { error: "yes or no" }).describe("What the person said."),
  how: z
    .enum(answerWays)
    .extract(["dialog", "elicitation"])
    .default("dialog")
    .describe("Where they said it: a dialog of the face, or a form of an MCP client. Kept with the answer."),
  values: z
    .record(z.string().max(100), z.union([z.string().max(2000), z.boolean()]))
    .optional()
    .describe("What they filled in, by the field's name."),
});

const query = z.strictObject({
  open: z.enum(["1", "true"]).optional(),
  limit: z.coerce.number().int().min(1).max(200, "at most 200").default(50),
});

export function approvalRoutes(app: Hono<Env>, { studio }: AppParts): void {
  const { approvals } = studio;

  app.get("/v1/approvals", async (c) => {
    const { open, limit } = parseWith(query, c.req.query());
    const found = await approvals.list(c.get("principal"), { open: open !== undefined, limit });
    return c.json({ approvals: found.map(approvals.view) });
  });

  app.get("/v1/approvals/:id", async (c) => c.json(approvals.view(await approvals.get(c.get("principal"), c.req.param("id")))));

  app.post("/v1/approvals/:id", async (c) => {
    const { answer, how, values } = parseWith(approvalAnswer, await readJson(c));
    const reply = { yes: answer === "yes", how, ...(values ? { values } : {}) };
    return c.json(approvals.view(await approvals.answer(c.get("principal"), c.req.param("id"), reply)));
  });
}
