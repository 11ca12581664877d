/** Jobs, artifacts and events as faces show them: JSON-safe, snake_case, without what is ours alone (storage keys, digests of requests). */
import { type Artifact, filePath, posterName } from "./artifact.ts";
import type { Consent } from "./consent.ts";
import type { Outlook } from "./describe.ts";
import type { JobEvent, LiveEvent } from "./event.ts";
import type { FailureView } from "./failure.ts";
import { isTerminal, type JobProgress, type JobState, type JobWithArtifacts } from "./job.ts";
import type { JsonObject } from "./json.ts";

export interface ArtifactView {
  id: string;
  job_id?: string;
  name: string;
  media_type: string;
  bytes: number;
  sha256: string;
  width?: number;
  height?: number;
  /** Length of sound and video. */
  seconds?: number;
  /** Whether a video has sound. */
  sound?: boolean;
  /** Path of the picture that stands for a video. */
  poster?: string;
  /** True for a picture that only stands in for a real one. */
  preview: boolean;
  recipe?: JsonObject;
  /** Path on the server; the face that shows it puts its own origin before it. */
  path: string;
  created_at: string;
}

export interface JobView {
  id: string;
  tool: string;
  title: string;
  state: JobState;
  attempt: number;
  input: JsonObject;
  engine: string;
  parent?: string;
  /** Jobs whose result it works with. */
  needs?: string[];
  /** True while it waits for one of them. */
  blocked?: boolean;
  /** Of a tree's head: the job of each stage. */
  stages?: Record<string, string>;
  /** Of a stage: its name, and the job that it is made for. */
  stage?: string;
  head?: string;
  consent?: Consent;
  notes?: string[];
  conversation?: string;
  message?: string;
  progress?: JobProgress;
  position?: number;
  /** Seconds until done, from–to. */
  eta_seconds?: [number, number];
  /** Why nothing that is connected can run it, and what brings that. */
  missing?: string;
  error?: FailureView;
  artifacts: ArtifactView[];
  created_at: string;
  started_at?: string;
  finished_at?: string;
}

export function artifactView(artifact: Artifact): ArtifactView {
  return {
    id: artifact.id,
    ...(artifact.job ? { job_id: artifact.job } : {}),
    name: artifact.name,
    media_type: artifact.mediaType,
    bytes: artifact.bytes,
    sha256: artifact.sha256,
    ...(artifact.width && artifact.height ? { width: artifact.width, height: artifact.height } : {}),
    ...(artifact.seconds !== undefined ? { seconds: artifact.seconds } : {}),
    ...(artifact.sound !== undefined ? { sound: artifact.sound } : {}),
    ...(artifact.poster !== undefined ? { poster: filePath({ id: artifact.poster, name: posterName(artifact.name) }) } : {}),
    preview: artifact.recipe?.preview ?? false,
    ...(artifact.recipe ? { recipe: artifact.recipe as unknown as JsonObject } : {}),
    path: filePath(artifact),
    created_at: artifact.createdAt.toISOString(),
  };
}

export function jobView(job: JobWithArtifacts, outlook: Outlook = {}): JobView {
  const open = !isTerminal(job.state);
  return {
    id: job.id,
    tool: job.tool,
    title: job.title,
    state: job.state,
    attempt: job.attempt,
    input: job.input,
    engine: job.engine,
    ...(job.parent ? { parent: job.parent } : {}),
    ...(job.needs && job.needs.length > 0 ? { needs: job.needs } : {}),
    ...(job.blocked ? { blocked: true } : {}),
    ...(job.tree ? (job.tree.stage === undefined ? { stages: job.tree.stages } : { stage: job.tree.stage, head: job.tree.head }) : {}),
    ...(job.consent ? { consent: job.consent } : {}),
    ...(job.notes && job.notes.length > 0 ? { notes: job.notes } : {}),
    ...(job.origin ? { conversation: job.origin.conversation, message: job.origin.message } : {}),
    ...(open && job.progress ? { progress: job.progress } : {}),
    ...(outlook.position !== undefined ? { position: outlook.position } : {}),
    ...(outlook.seconds ? { eta_seconds: outlook.seconds } : {}),
    ...(outlook.missing ? { missing: outlook.missing } : {}),
    ...(job.error ? { error: job.error } : {}),
    artifacts: job.artifacts.map(artifactView),
    created_at: job.createdAt.toISOString(),
    ...(job.startedAt ? { started_at: job.startedAt.toISOString() } : {}),
    ...(job.finishedAt ? { finished_at: job.finishedAt.toISOString() } : {}),
  };
}

/** An event as it goes over the wire (SSE data, MCP text). */
export function eventView(event: JobEvent | LiveEvent): JsonObject {
  const plain =
    event.type === "artifact"
      ? { ...event, at: event.at.toISOString(), artifact: artifactView(event.artifact) }
      : event.type === "state"
        ? { ...event, at: event.at.toISOString() }
        : event;
  return JSON.parse(JSON.stringify(plain)) as JsonObject;
}
