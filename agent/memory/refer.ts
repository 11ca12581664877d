/** From a reference ("that", "number 2", "the fox") to ids of things that this conversation made. */
import { isTerminal, type JobWithArtifacts } from "../../core/job.ts";
import { attachedPictures, type Memory, wordsOf } from "./memory.ts";

export type Reference =
  | { kind: "that" }
  | { kind: "all" }
  | { kind: "last" }
  /** From 1. */
  | { kind: "number"; number: number }
  | { kind: "id"; id: string }
  /** What it shows. */
  | { kind: "words"; words: string };

/** `problem`: one sentence for the person, with what to do next. */
export type Found<T> = { found: T } | { problem: string };

const none = "There is no finished picture in this conversation yet. Ask for one, or attach a file.";

function describe(jobs: readonly JobWithArtifacts[], memory: Memory): string {
  return jobs
    .slice(-5)
    .map((job) => `"${wordsOf(job, memory).slice(0, 60)}"`)
    .join(", ");
}

/** The pictures that a number counts: those of the newest message with several, else all of the branch. */
function series(memory: Memory): string[] {
  const withFiles = memory.jobs.filter((job) => job.artifacts.length > 0);
  const newest = withFiles.at(-1)?.origin?.message;
  const latest = withFiles.filter((job) => job.origin?.message === newest).flatMap((job) => job.artifacts.map((artifact) => artifact.id));
  return latest.length > 1 ? latest : withFiles.flatMap((job) => job.artifacts.map((artifact) => artifact.id));
}

/** Words that tell one thing from another: the rest is grammar in any language. */
function keywords(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(
      (word) =>
        word.length > 2 &&
        !/^(the|that|this|one|picture|image|job|render|rendering|drawing|photo|with|and|der|die|das|den|dem|bild|auftrag|el|la|los|las|imagen|trabajo|foto)$/.test(
          word,
        ),
    );
}

function byWords(words: string, memory: Memory): JobWithArtifacts | undefined {
  const wanted = keywords(words);
  if (wanted.length === 0) return undefined;
  return memory.jobs.findLast((job) => {
    const shown = new Set(keywords(wordsOf(job, memory)));
    return wanted.every((word) => shown.has(word));
  });
}

function unfinished(job: JobWithArtifacts): string {
  return `That picture is not finished yet (${job.id} is ${job.state}). Ask again when it is there.`;
}

function newestPictures(memory: Memory): Found<string[]> {
  const newest = memory.jobs.findLast((job) => job.artifacts.length > 0 || !isTerminal(job.state));
  if (!newest) return { problem: none };
  if (newest.artifacts.length === 0) return { problem: unfinished(newest) };
  const ids = newest.artifacts.map((artifact) => artifact.id);
  if (ids.length > 1)
    return { problem: `Which of the ${ids.length} pictures? Say "number 1" to "number ${ids.length}", or "all of them".` };
  return { found: ids };
}

/** Artifact ids of a reference. */
export function picturesOf(reference: Reference, memory: Memory): Found<string[]> {
  const attachments = attachedPictures(memory);
  if (reference.kind === "id") return { found: [reference.id] };
  if (reference.kind === "that") {
    if (attachments.length === 1) return { found: [...attachments] };
    const what = memory.others?.has(attachments[0] ?? "") ? "files" : "pictures";
    if (attachments.length > 1)
      return { problem: `Which of the ${attachments.length} attached ${what}? Say "number 1", or "all of them".` };
    return newestPictures(memory);
  }
  if (reference.kind === "words") {
    const job = byWords(reference.words, memory);
    if (!job) {
      const made = memory.jobs.filter((other) => other.artifacts.length > 0);
      return {
        problem: made.length ? `No picture here shows "${reference.words.slice(0, 60)}". There are: ${describe(made, memory)}.` : none,
      };
    }
    if (job.artifacts.length === 0) return { problem: isTerminal(job.state) ? none : unfinished(job) };
    if (job.artifacts.length > 1) return { problem: `That job made ${job.artifacts.length} pictures. Say "number 1", or "all of them".` };
    return { found: job.artifacts.map((artifact) => artifact.id) };
  }
  const list = attachments.length > 0 ? [...attachments] : series(memory);
  if (list.length === 0) return attachments.length > 0 ? { problem: none } : newestPictures(memory);
  if (reference.kind === "all") return { found: list };
  const id = reference.kind === "last" ? list.at(-1) : list[reference.number - 1];
  return id
    ? { found: [id] }
    : {
        problem: `There is no number ${reference.kind === "number" ? reference.number : 1}: there ${list.length === 1 ? "is 1 picture" : `are ${list.length} pictures`}.`,
      };
}

export type JobWish = "open" | "stopped" | "any";

const wishes: Record<JobWish, { fits(job: JobWithArtifacts): boolean; none: string }> = {
  open: { fits: (job) => !isTerminal(job.state), none: "No job of this conversation is waiting or running. /jobs shows all of yours." },
  stopped: {
    fits: (job) => job.state === "failed" || job.state === "canceled",
    none: "No job of this conversation failed or was canceled. /jobs shows all of yours.",
  },
  any: { fits: () => true, none: "There is no job in this conversation yet. /jobs shows all of yours." },
};

/** The one job that a reference means. `open` for cancel and wait, `stopped` for retry. */
export function jobOf(reference: Reference, memory: Memory, wish: JobWish): Found<string> {
  if (reference.kind === "id") {
    const holder = memory.jobs.find((job) => job.artifacts.some((artifact) => artifact.id === reference.id));
    return { found: holder?.id ?? reference.id };
  }
  const { fits, none: problem } = wishes[wish];
  if (reference.kind === "words") {
    const job = byWords(reference.words, { ...memory, jobs: memory.jobs.filter(fits) }) ?? byWords(reference.words, memory);
    return job ? { found: job.id } : { problem };
  }
  const fitting = memory.jobs.filter(fits);
  if (reference.kind === "all")
    return { problem: `This works on exactly one job. Name it: ${fitting.map((job) => job.id).join(", ") || "/jobs shows yours"}.` };
  const job = reference.kind === "number" ? fitting[reference.number - 1] : fitting.at(-1);
  return job ? { found: job.id } : { problem };
}
