/** Parts of a turn as markdown for people, and as one-line notes for whoever watches the wire: progress never reaches the text. */
import type { Part } from "../../core/chat.ts";
import { isTerminal, type JobState } from "../../core/job.ts";
import type { ArtifactView } from "../../core/view.ts";

export interface Written {
  /** What is added to the answer's text. */
  content?: string;
  /** One line for a comment of the stream. */
  note?: string;
}

export interface Writer {
  write(part: Part): Promise<Written>;
  /** What is said where the answer ends before its jobs do; empty where none is open. */
  stillOpen(): string;
  jobs(): { id: string; state: JobState }[];
  artifacts(): ArtifactView[];
}

const escaped = (name: string) => name.replace(/[\\[\]]/g, "\\$&");
const oneLine = (text: string) => text.replace(/\s+/g, " ").trim().slice(0, 200);
const retry = (job: string) => `Send "/retry ${job}" to start it again.`;

/** @param link the whole address under which the person opens a file. */
export function createWriter(link: (artifact: ArtifactView) => Promise<string>): Writer {
  const states = new Map<string, JobState>();
  const artifacts: ArtifactView[] = [];
  let written = false;
  let block = false;
  let marked = false;

  /** Its own paragraph; text that follows begins a new one too. */
  const paragraph = (text: string): Written => {
    const content = written ? `\n\n${text}` : text;
    written = true;
    block = true;
    return { content };
  };
  const plain = (text: string): Written => {
    if (block) return { content: `\n\n${text.trimStart()}` };
    if (text !== "") written = true;
    return { content: text };
  };

  async function show(artifact: ArtifactView): Promise<Written> {
    artifacts.push(artifact);
    // a closing parenthesis would end the link
    const url = (await link(artifact)).replace(/[()\s]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
    const shown = `${artifact.media_type.startsWith("image/") ? "!" : ""}[${escaped(artifact.name)}](${url})`;
    const first = artifact.preview && !marked;
    marked ||= artifact.preview;
    return paragraph(first ? `PREVIEW, not a real render: no GPU engine is set up.\n\n${shown}` : shown);
  }

  return {
    async write(part) {
      if (part.type === "text") {
        const said = plain(part.text);
        if (part.text !== "") block = false;
        return said;
      }
      if (part.type === "artifact") return show(part.artifact);
      if (part.type === "question") return paragraph(part.text);
      if (part.type === "job") {
        const { id, state, position } = part.job;
        const before = states.get(id);
        states.set(id, state);
        if (state === "canceled" && before !== "canceled") return paragraph(`Job ${id} was canceled. ${retry(id)}`);
        return { note: `${id} ${state}${position === undefined ? "" : `, number ${position} in line`}` };
      }
      if (part.type === "progress") {
        const { stage, fraction, note } = part.progress;
        return { note: oneLine(`${part.job} ${stage} ${Math.round(fraction * 100)} %${note ? `: ${note}` : ""}`) };
      }
      if (part.type === "error") {
        const { job, error } = part;
        if (job === undefined) return paragraph(error.message);
        if (states.get(job) === "failed") return paragraph(`Job ${job} failed: ${error.message} ${retry(job)}`);
        return paragraph(`Job ${job} goes on, but could not be followed: ${error.message} Send the same request again for its result.`);
      }
      if (part.type === "done") for (const job of part.jobs) states.set(job.id, job.state);
      return {};
    },
    stillOpen() {
      const open = [...states].filter(([, state]) => !isTerminal(state)).map(([id, state]) => `${id} (${state})`);
      if (open.length === 0) return "";
      const text = `Not done yet: ${open.join(", ")}. It goes on by itself; send the same request again for its result, or look at GET /v1/jobs/<id>.`;
      return paragraph(text).content ?? "";
    },
    jobs: () => [...states].map(([id, state]) => ({ id, state })),
    artifacts: () => artifacts,
  };
}
