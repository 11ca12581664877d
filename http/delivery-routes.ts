/** Results owed to chats over HTTP: announce, claim (waiting if wished), renew, acknowledge, fail, ask for again. */
import type { Context, Hono } from "hono";
import { z } from "zod";
import { deliveryLimits } from "../core/deliveries.ts";
import { claimedView, type DeliveryWish, deliveryStates, deliveryView } from "../core/delivery.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { parseWith, readJson } from "./body.ts";
import type { Env } from "./env.ts";
import type { AppParts } from "./parts.ts";
import { requestSignal } from "./sse.ts";

const { lease, limit, json, wait } = deliveryLimits;

const place = z.string().regex(/^[\w.:-]{1,128}$/, "1 to 128 letters, digits, dots, colons, hyphens or underscores");
const worker = z.string().min(1).max(200).describe("A name that stays the same for one deliverer.");
const leaseSeconds = z.number().int().min(lease.least).max(lease.most).default(60);
const fits = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? "") <= json;
const tooLarge = `at most ${json} bytes as JSON`;

/** What a caller says of a delivery that it means to make. */
export const deliveryWish = z.strictObject({
  target: z
    .record(z.string(), z.json())
    .default({})
    .refine(fits, tooLarge)
    .describe("What the deliverer needs to find the place; it is only kept."),
  worker: worker.optional(),
  lease_seconds: leaseSeconds.describe("Seconds in which nobody else delivers it."),
});

export function wishOf({ target, worker: name, lease_seconds }: z.output<typeof deliveryWish>): DeliveryWish {
  return { target: target as JsonObject, leaseSeconds: lease_seconds, ...(name !== undefined ? { worker: name } : {}) };
}

const creation = deliveryWish.extend({ conversation: place, message: place, job: z.string().max(100) });
const claim = z.strictObject({
  worker,
  limit: z.number().int().min(1).max(limit).default(10),
  lease_seconds: leaseSeconds,
  wait_seconds: z.number().min(0).max(wait).default(0),
});
const renewal = z.strictObject({ worker, lease_seconds: leaseSeconds });
const acknowledgement = z.strictObject({ worker: worker.optional(), result: z.json().refine(fits, tooLarge).optional() });
const failed = z.strictObject({ worker: worker.optional(), error: z.string().min(1) });
const query = z.strictObject({ state: z.enum(deliveryStates).optional(), limit: z.coerce.number().int().min(1).max(200).default(50) });

/** For a description of the API. */
export const deliverySchemas = { creation, claim, renewal, acknowledgement, failed, query };

export function deliveryRoutes(app: Hono<Env>, { deliveries }: AppParts): void {
  const read = async <T extends z.ZodType>(c: Context<Env>, schema: T) => parseWith(schema, await readJson(c));

  app.post("/v1/deliveries", async (c) => {
    const { conversation, message, job, ...wish } = await read(c, creation);
    const { delivery, created } = await deliveries.create(c.get("principal"), { conversation, message, job, ...wishOf(wish) });
    return c.json({ delivery: deliveryView(delivery) }, created ? 201 : 200, { location: `/v1/deliveries/${delivery.id}` });
  });

  app.get("/v1/deliveries", async (c) => {
    const { state, limit: most } = parseWith(query, c.req.query());
    const found = await deliveries.list(c.get("principal"), { limit: most, ...(state ? { state } : {}) });
    return c.json({ deliveries: found.map(deliveryView) });
  });

  app.post("/v1/deliveries/claim", async (c) => {
    const asked = await read(c, claim);
    const { signal, release } = requestSignal(c);
    try {
      const request = { worker: asked.worker, limit: asked.limit, leaseSeconds: asked.lease_seconds, waitSeconds: asked.wait_seconds };
      const claimed = await deliveries.claim(c.get("principal"), request, signal);
      return c.json({ deliveries: claimed.map(claimedView) });
    } finally {
      release();
    }
  });

  app.get("/v1/deliveries/:id", async (c) =>
    c.json({ delivery: deliveryView(await deliveries.get(c.get("principal"), c.req.param("id"))) }),
  );

  app.post("/v1/deliveries/:id/renew", async (c) => {
    const asked = await read(c, renewal);
    const delivery = await deliveries.renew(c.get("principal"), c.req.param("id"), asked.worker, asked.lease_seconds);
    return c.json({ delivery: deliveryView(delivery) });
  });

  // the worker's name is taken but decides nothing: what has arrived has arrived
  app.post("/v1/deliveries/:id/ack", async (c) => {
    const { result } = await read(c, acknowledgement);
    const delivery = await deliveries.ack(c.get("principal"), c.req.param("id"), result as Json | undefined);
    return c.json({ delivery: deliveryView(delivery) });
  });

  app.post("/v1/deliveries/:id/fail", async (c) => {
    const { worker: name, error } = await read(c, failed);
    const failure = { error, ...(name !== undefined ? { worker: name } : {}) };
    return c.json({ delivery: deliveryView(await deliveries.fail(c.get("principal"), c.req.param("id"), failure)) });
  });

  app.post("/v1/deliveries/:id/redeliver", async (c) =>
    c.json({ delivery: deliveryView(await deliveries.redeliver(c.get("principal"), c.req.param("id"))) }),
  );
}
