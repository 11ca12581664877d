/** The only door from a face to work. */
import type { Readable } from "node:stream";
import type { Approval, ApprovalOrigin, Face } from "./approval.ts";
import type { Approvals } from "./approvals.ts";
import type { Artifact } from "./artifact.ts";
import type { Asset, AssetKind, DatasetDetails, Makes, VoiceDetails } from "./asset.ts";
import type { DeliveryWish } from "./delivery.ts";
import type { Outlook } from "./describe.ts";
import type { JobEvent, LiveEvent } from "./event.ts";
import type { JobWithArtifacts, OrderName, Origin } from "./job.ts";
import type { JsonObject } from "./json.ts";
import type { EngineStatus, ModelList } from "./ports/engine.ts";
import type { ByteRange } from "./ports/files.ts";
import type { JobFilter } from "./ports/job-store.ts";
import type { Principal } from "./principal.ts";
import type { Answer, Tool } from "./tool.ts";

export interface Call {
  tool: string;
  /** Not yet checked. */
  input: unknown;
  /** Idempotency key, 1 to 128 characters. */
  key?: string;
  origin?: Origin;
  parent?: string;
  traceparent?: string;
  /** The result is owed to the message of `origin`: one commit with the job. A job that was there before is owed nothing by this. */
  delivery?: DeliveryWish;
  /** Where it came in; `api` where nothing is said. */
  face?: Face;
  /** The question whose yes this call uses. Set by the server side of a chat for the one that was answered in it; never by what a client sends. */
  approval?: string;
}

/** A picture whose owner was seen already; its place in the store is asked for only where it must be read. */
interface KnownPicture extends Pick<Artifact, "id" | "sha256" | "mediaType"> {
  /** Pixels; absent for what is no picture. */
  width?: number;
  find(): Promise<Artifact>;
}

export type Invoked = { kind: "job"; job: JobWithArtifacts; created: boolean } | ({ kind: "answer" } & Answer);

/** A principal's own assets. Failure `unknown_asset` for another's, as for one that never was. */
export interface Assets {
  get(principal: Principal, ref: string, kind?: AssetKind): Promise<Asset>;
  list(principal: Principal, options?: { kind?: AssetKind; limit?: number }): Promise<Asset[]>;
  rename(principal: Principal, ref: string, name: string, kind?: AssetKind): Promise<Asset>;
  /** Changes captions, leaves pictures out. */
  edit(principal: Principal, ref: string, change: (details: DatasetDetails) => DatasetDetails): Promise<Asset>;
  /** Corrects what is said in a voice's reference, or its language. */
  editVoice(
    principal: Principal,
    ref: string,
    change: Partial<Pick<VoiceDetails, "transcript" | "transcriptBy" | "language">>,
  ): Promise<Asset>;
  /** A voice is revoked by this: its jobs that are open are canceled, its recordings go. */
  remove(principal: Principal, ref: string, kind?: AssetKind): Promise<Asset>;
}

export interface Studio {
  readonly tools: readonly Tool[];
  /** Failure `unknown_tool`, naming those that exist. Takes a name or a slash alias. */
  tool(name: string): Tool;
  /** Every choice made, nothing accepted: what a call would run. For checking a plan before its first submit: `promised` is what its earlier calls will make, the answer what this one will. */
  check(principal: Principal, call: Call, promised?: readonly Makes[]): Promise<Makes | undefined>;
  /** One question for all of these calls, where any of them needs a person's yes; asked again about the same from the same place it is the same question. */
  ask(principal: Principal, calls: readonly Call[], origin: ApprovalOrigin): Promise<Approval | undefined>;
  /** Questions to people, and their answers. */
  readonly approvals: Approvals;
  /** One tool call: a job tool is accepted and answered at once, any other is answered. Failure `approval_required` where a person must say yes first. */
  invoke(
    principal: Principal,
    call: Call,
    options?: { signal?: AbortSignal; progress?: (fraction: number, note: string) => void },
  ): Promise<Invoked>;

  /** Failure `unknown_job` for an id that is not this principal's. */
  get(principal: Principal, id: string): Promise<JobWithArtifacts>;
  list(principal: Principal, filter: JobFilter): Promise<JobWithArtifacts[]>;
  /** Durable events after `after`, then live ones, until the job is terminal or the signal ends. */
  watch(principal: Principal, id: string, options?: { after?: number; signal?: AbortSignal }): AsyncIterable<JobEvent | LiveEvent>;
  /** The job when it is terminal, or as it is after `seconds`. */
  wait(
    principal: Principal,
    id: string,
    seconds: number,
    options?: { signal?: AbortSignal; progress?: (fraction: number, note: string) => void },
  ): Promise<JobWithArtifacts>;
  /** Exactly this job; of a clip also its stages that are open. */
  cancel(principal: Principal, id: string): Promise<JobWithArtifacts>;
  /** @param owed what a chat is owed of it: one commit with its start. */
  retry(principal: Principal, id: string, owed?: Pick<Call, "origin" | "delivery">): Promise<JobWithArtifacts>;
  /** The call that `reroll` makes. */
  rerolled(principal: Principal, id: string, changes: JsonObject): Promise<Pick<Call, "tool" | "input" | "parent">>;
  reroll(principal: Principal, id: string, changes: JsonObject, call?: Omit<Call, "tool" | "input" | "parent">): Promise<JobWithArtifacts>;
  /** A word to a training that runs. Failure `conflict` where it does not run, or its engine takes no such order. */
  order(principal: Principal, id: string, name: OrderName): Promise<JobWithArtifacts>;
  readonly assets: Assets;
  /** Place in its family's queue and seconds until done as a range from this box's own history, where known; what is missing where nothing can run it. */
  outlook(job: JobWithArtifacts): Promise<Outlook>;

  upload(principal: Principal, file: { name: string; body: Readable; bytes?: number }): Promise<Artifact>;
  artifact(principal: Principal, id: string): Promise<Artifact>;
  artifacts(principal: Principal, options?: { conversation?: string; sha256?: string; limit?: number }): Promise<Artifact[]>;
  /** The stored bytes. */
  open(artifact: Artifact, range?: ByteRange): Promise<Readable>;
  /** The bytes without recipe and other metadata. */
  openStripped(artifact: Artifact): Promise<Uint8Array>;
  /** Small picture, WebP unless asked otherwise, or undefined for what is not a picture. */
  thumbnail(picture: Artifact | KnownPicture, side: number, as?: "webp" | "jpeg"): Promise<Uint8Array | undefined>;

  models(): Promise<ModelList[]>;
  engines(): Promise<EngineStatus[]>;
  /** `finish`: what runs goes on; `park`: it goes back to the queue. VRAM is freed either way. */
  pause(mode: "finish" | "park"): Promise<void>;
  resume(): Promise<void>;
  paused(): Promise<{ mode: "finish" | "park"; since: string } | undefined>;
}
