/** From a reference ("that", "number 2", "the fox") to ids of things that this conversation made. */
import { isTerminal, type JobWithArtifacts } from "../../core/job.ts";
import { attachedPictures, type Memory, wordsOf } from "./memory.ts";
import { trainingOf } from "./trainings.ts";

export type Reference =
  | { kind: "that" }
  | { kind: "all" }
  | { kind: "last" }
  /** From 1. */
  | { kind: "number"; number: number }
  | { kind: "id"; id: string }
  /** "the training", or that of a LoRA by name. */
  | { kind: "training"; name?: string }
  /** What it shows. */
  | { kind: "words"; words: string };

/** `problem`: one sentence for the person, with what to do next. */
export type Found<T> = { found: T } | { problem: string };

const noStopped = "No training of this conversation failed or was stopped. /jobs shows all of yours.";
const none = "There is no finished picture in this conversation yet. Ask for one, or attach a file.";

function describe(jobs: readonly JobWithArtifacts[], memory: Memory): string {
  return jobs
    .slice(-5)
    .map((job) => `"${wordsOf(job, memory).slice(0, 60)}"`)
    .join(", ");
}

/** A LoRA's weights are no picture. */
const picturesIn = (job: JobWithArtifacts): string[] =>
  job.artifacts.filter(({ mediaType }) => mediaType.startsWith("image/")).map(({ id }) => id);

/** The pictures that a number counts: those of the newest message with several, else all of the branch. Samples of a training and sheets of a dataset count where nothing else was drawn. */
function series(memory: Memory): string[] {
  const withPictures = memory.jobs.filter((job) => picturesIn(job).length > 0);
  const of = (jobs: readonly JobWithArtifacts[]) => {
    const drawn = jobs.filter((job) => !job.makes);
    return (drawn.length > 0 ? drawn : jobs).flatMap(picturesIn);
  };
  const newest = withPictures.at(-1)?.origin?.message;
  const latest = of(withPictures.filter((job) => job.origin?.message === newest));
  return latest.length > 1 ? latest : of(withPictures);
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
  const newest = memory.jobs.findLast((job) => picturesIn(job).length > 0 || (!job.makes && !isTerminal(job.state)));
  if (!newest) return { problem: none };
  const ids = picturesIn(newest);
  if (ids.length === 0) return { problem: unfinished(newest) };
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
      const made = memory.jobs.filter((other) => picturesIn(other).length > 0);
      return {
        problem: made.length ? `No picture here shows "${reference.words.slice(0, 60)}". There are: ${describe(made, memory)}.` : none,
      };
    }
    const found = picturesIn(job);
    if (found.length === 0) return { problem: isTerminal(job.state) ? none : unfinished(job) };
    if (found.length > 1) return { problem: `That job made ${found.length} pictures. Say "number 1", or "all of them".` };
    return { found };
  }
  if (reference.kind === "training") return { problem: none };
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

export type JobWish = "open" | "stopped" | "look" | "training" | "any";

const wishes: Record<JobWish, { fits(job: JobWithArtifacts): boolean; none: string }> = {
  open: { fits: (job) => !isTerminal(job.state), none: "No job of this conversation is waiting or running. /jobs shows all of yours." },
  stopped: {
    fits: (job) => job.state === "failed" || job.state === "canceled",
    none: "No job of this conversation failed or was canceled. /jobs shows all of yours.",
  },
  look: { fits: () => true, none: "There is no job in this conversation yet. /jobs shows all of yours." },
  training: {
    fits: (job) => job.tool === "train_lora" && !isTerminal(job.state),
    none: "No training of yours is running. /jobs shows what is.",
  },
  any: { fits: () => true, none: "There is no job in this conversation yet. /jobs shows all of yours." },
};

/** What a job is chosen from: looking reaches into other conversations, where this one has nothing open. */
function choice(wish: JobWish, memory: Memory): JobWithArtifacts[] {
  const here = memory.jobs.filter(wishes[wish].fits);
  if (wish !== "look" && wish !== "training") return here;
  const open = here.filter((job) => !isTerminal(job.state));
  if (open.length > 0) return open;
  const elsewhere = (memory.open ?? []).filter(wishes[wish].fits);
  return here.length > 0 && wish === "look" ? here : elsewhere;
}

/** The one job that a reference means. `open` for cancel and wait, `stopped` for retry, `look` for questions, `training` for orders to one. */
export function jobOf(reference: Reference, memory: Memory, wish: JobWish): Found<string> {
  if (reference.kind === "id") {
    const holder = memory.jobs.find((job) => job.artifacts.some((artifact) => artifact.id === reference.id));
    return { found: holder?.id ?? reference.id };
  }
  const { fits, none: problem } = wishes[wish];
  if (reference.kind === "training") {
    const job = trainingOf(memory, fits, reference.name);
    return job ? { found: job.id } : { problem: wish === "stopped" ? noStopped : wishes.training.none };
  }
  if (reference.kind === "words") {
    const job = byWords(reference.words, { ...memory, jobs: memory.jobs.filter(fits) }) ?? byWords(reference.words, memory);
    return job ? { found: job.id } : { problem };
  }
  const fitting = choice(wish, memory);
  if (reference.kind === "all")
    return { problem: `This works on exactly one job. Name it: ${fitting.map((job) => job.id).join(", ") || "/jobs shows yours"}.` };
  const numbered = wish === "look" ? memory.jobs : fitting;
  const job = reference.kind === "number" ? numbered[reference.number - 1] : fitting.at(-1);
  return job ? { found: job.id } : { problem };
}
