/** What the API takes and gives besides the tools' inputs, as zod schemas; the compiler holds them to the views that are really sent. */
import { z } from "zod";
import { type ApprovalView, answerWays, approvalStates, faces } from "../../core/approval.ts";
import type { AccessKeyView, InvokedView, LinkView, StatusView, ToolView } from "../../core/client.ts";
import { type ClaimedView, type DeliveryView, deliveryStates } from "../../core/delivery.ts";
import { type FailureView, failureCodes } from "../../core/failure.ts";
import { jobStates, stages } from "../../core/job.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { scopes } from "../../core/scope.ts";
import type { ArtifactView, JobView } from "../../core/view.ts";

const when = z.string().meta({ format: "date-time" });
/** Any JSON object; a schema of every JSON value would only be noise. */
const anything = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>;

const approval = z.object({
  id: z.string(),
  state: z.enum(approvalStates),
  text: z.string().describe("The whole question in words."),
  calls: z.array(
    z.object({
      tool: z.string(),
      title: z.string(),
      input: anything.describe("What would run: every choice made."),
      why: z.string().exactOptional().describe("Why a person is asked; absent where this call alone needs no yes."),
      statement: z.string().exactOptional().describe("What they agree to besides."),
      seconds: z.tuple([z.number(), z.number()]).exactOptional(),
      used: z.string().exactOptional().describe("The job that it became."),
    }),
  ),
  fields: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      description: z.string().exactOptional(),
      kind: z.enum(["text", "check"]),
      required: z.boolean(),
    }),
  ),
  face: z.enum(faces),
  conversation: z.string().exactOptional(),
  message: z.string().exactOptional(),
  path: z.string().describe("Of its page on this server."),
  created_at: when,
  expires_at: when,
  answered_at: when.exactOptional(),
  answered_by: z.string().exactOptional(),
  how: z.enum(answerWays).exactOptional(),
}) satisfies z.ZodType<ApprovalView>;

export const failure = z.object({
  code: z.enum(failureCodes),
  message: z.string().describe("What went wrong, what is allowed, and what to do next."),
  retryable: z.boolean().describe("The same request may succeed later."),
  fields: z.array(z.object({ path: z.string(), message: z.string() })).exactOptional(),
  approval: approval.exactOptional().describe("The question, where the code is approval_required or consent_required."),
}) satisfies z.ZodType<FailureView>;

export const file = z.object({
  id: z.string(),
  job_id: z.string().exactOptional(),
  name: z.string(),
  media_type: z.string(),
  bytes: z.int().min(0),
  sha256: z.string(),
  width: z.int().exactOptional(),
  height: z.int().exactOptional(),
  preview: z.boolean().describe("Only stands in for a real picture."),
  recipe: anything.exactOptional(),
  path: z.string().describe("On this server."),
  created_at: when,
}) satisfies z.ZodType<ArtifactView>;

const range = z.tuple([z.number(), z.number()]).describe("Seconds, from and to.");

export const job = z.object({
  id: z.string(),
  tool: z.string(),
  title: z.string(),
  state: z.enum(jobStates),
  attempt: z.int().min(0),
  input: anything.describe("What runs: every choice made."),
  engine: z.string(),
  parent: z.string().exactOptional(),
  needs: z.array(z.string()).exactOptional().describe("Jobs whose result it works with."),
  blocked: z.boolean().exactOptional().describe("True while it waits for one of those jobs to succeed."),
  conversation: z.string().exactOptional(),
  message: z.string().exactOptional(),
  progress: z
    .object({
      stage: z.enum(stages),
      fraction: z.number().min(0).max(1),
      step: z.int().exactOptional(),
      steps: z.int().exactOptional(),
      note: z.string().exactOptional(),
      loss: z.number().exactOptional().describe("Of a training, the mean of the last steps."),
      savedStep: z.int().exactOptional().describe("Of a training: the last step from which it can go on after a crash."),
    })
    .exactOptional(),
  position: z.int().exactOptional(),
  eta_seconds: range.exactOptional(),
  missing: z.string().exactOptional().describe("Why no connected worker can run it, and what brings one."),
  error: failure.exactOptional(),
  artifacts: z.array(file),
  created_at: when,
  started_at: when.exactOptional(),
  finished_at: when.exactOptional(),
}) satisfies z.ZodType<JobView>;

const invoked = z.union([
  z.object({ kind: z.literal("job"), job, created: z.boolean() }),
  z.object({
    kind: z.literal("answer"),
    text: z.string(),
    data: anything,
    job: z.string().exactOptional(),
    follow: z.boolean().exactOptional(),
  }),
]) satisfies z.ZodType<InvokedView>;

const tool = z.object({
  name: z.string(),
  title: z.string(),
  alias: z.string(),
  description: z.string(),
  kind: z.enum(["job", "answer"]),
  input_schema: anything,
  annotations: z.object({ readOnly: z.boolean(), destructive: z.boolean(), idempotent: z.boolean() }),
}) satisfies z.ZodType<ToolView>;

const status = z.object({
  version: z.string(),
  pid: z.int(),
  data: z.string(),
  url: z.string().exactOptional(),
  public_url: z.string().exactOptional(),
  rows: z.array(
    z.object({ part: z.string(), state: z.enum(["ok", "down", "absent", "info"]), what: z.string(), fix: z.string().exactOptional() }),
  ),
}) satisfies z.ZodType<StatusView>;

const delivery = z.object({
  id: z.string(),
  job_id: z.string(),
  principal: z.string(),
  conversation: z.string(),
  message: z.string(),
  state: z.enum(deliveryStates),
  attempts: z.int().min(0),
  target: anything,
  result: (z.unknown() as unknown as z.ZodType<Json>).exactOptional(),
  error: z.string().exactOptional(),
  worker: z.string().exactOptional(),
  lease_until: when.exactOptional(),
  next_at: when.exactOptional(),
  created_at: when,
  delivered_at: when.exactOptional(),
}) satisfies z.ZodType<DeliveryView>;

const claimed = delivery.extend({ job }) satisfies z.ZodType<ClaimedView>;

const accessKey = z.object({
  id: z.string(),
  name: z.string(),
  principal: z.string(),
  scopes: z.array(z.enum(scopes)),
  created_at: when,
  last_used_at: when.exactOptional(),
  revoked_at: when.exactOptional(),
}) satisfies z.ZodType<AccessKeyView>;

const model = z.object({ id: z.string(), object: z.literal("model"), created: z.int(), owned_by: z.string() });

/** By the name under which `#/components/schemas` has them. */
export const components: Record<string, z.ZodType> = {
  Error: z.object({ error: failure }),
  OpenAIError: z.object({ error: z.object({ message: z.string(), type: z.string(), code: z.string(), param: z.string().nullable() }) }),
  File: file,
  Files: z.object({ files: z.array(file) }),
  Limits: z.object({
    file_bytes: z.int().describe("Bytes of one file."),
    picture_bytes: z.int().describe("Bytes of one picture."),
    attachments: z.int().describe("Files of one chat message."),
    text_characters: z.int().describe("Characters of one chat message."),
  }),
  Job: job,
  Jobs: z.object({ jobs: z.array(job) }),
  Invoked: invoked,
  Tools: z.object({ tools: z.array(tool) }),
  Status: status,
  Delivery: z.object({ delivery }),
  Deliveries: z.object({ deliveries: z.array(delivery) }),
  Approval: approval,
  Approvals: z.object({ approvals: z.array(approval) }),
  Claimed: z.object({ deliveries: z.array(claimed) }),
  NewKey: z.object({ key: accessKey, secret: z.string().describe("The whole key, shown this once.") }),
  Key: z.object({ key: accessKey }),
  Keys: z.object({ keys: z.array(accessKey) }),
  Link: z.object({ path: z.string(), expires_at: when.exactOptional() }) satisfies z.ZodType<LinkView>,
  Model: model,
  Models: z.object({ object: z.literal("list"), data: z.array(model) }),
  ChatCompletion: z.object({
    id: z.string(),
    object: z.literal("chat.completion"),
    created: z.int(),
    model: z.string(),
    choices: z.array(
      z.object({
        index: z.literal(0),
        message: z.object({ role: z.literal("assistant"), content: z.string(), refusal: z.null() }),
        logprobs: z.null(),
        finish_reason: z.literal("stop"),
      }),
    ),
    usage: z.object({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() }),
    x_myspinbot: anything,
  }),
};
