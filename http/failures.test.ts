/** Every code has its status, and one code has two. */
import { expect, it } from "vitest";
import { Failure } from "../core/failure.ts";
import { failureResponse } from "./failures.ts";

it("a request that never passes is 422, one that passes once the queue is shorter is 429 with a time", () => {
  const never = failureResponse(new Failure("limit_exceeded", "The prompt is too long."));
  expect([never.status, never.headers.get("retry-after")]).toEqual([422, null]);
  const later = failureResponse(new Failure("limit_exceeded", "You have 200 jobs waiting.", { retryable: true }));
  expect([later.status, later.headers.get("retry-after")]).toEqual([429, "5"]);
});
