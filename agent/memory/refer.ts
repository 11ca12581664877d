/** From a reference ("that", "number 2", "the fox") to ids of things that this conversation made. */
import { isTerminal, type JobWithArtifacts } from "../../core/job.ts";
import { type FileKind, kindMade, kindNames } from "./kinds.ts";
import { attachedPictures, type Memory, wordsOf } from "./memory.ts";
import { attachedOf, filesIn, newestFile } from "./newest.ts";
import { type StageName, stageFile, stageJob } from "./stages.ts";
import { trainingOf } from "./trainings.ts";

export type Reference =
  /** `of`: "that video", and nothing else. */
  | { kind: "that"; of?: FileKind }
  /** A stage of a clip: its voice, its picture. `ofClip` where the words say so: "the picture" alone may be another. */
  | { kind: "stage"; stage: StageName; ofClip?: true }
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
const noneOf = (kind: FileKind): string =>
  `There is no finished ${kindNames[kind]} in this conversation yet. Ask for one, or attach a file.`;
const pictures: readonly FileKind[] = ["picture"];

function describe(jobs: readonly JobWithArtifacts[], memory: Memory): string {
  return jobs
    .slice(-5)
    .map((job) => `"${wordsOf(job, memory).slice(0, 60)}"`)
    .join(", ");
}

type Kinds = readonly FileKind[];
const firstOf = ([kind = "picture"]: Kinds): FileKind => kind;

/** The pictures that a number counts: those of the newest message with several, else all of the branch. Samples of a training and sheets of a dataset count where nothing else was drawn. */
function series(memory: Memory, kinds: Kinds): string[] {
  const withFiles = memory.jobs.filter((job) => filesIn(job, kinds).length > 0);
  const of = (jobs: readonly JobWithArtifacts[]) => {
    const drawn = jobs.filter((job) => !job.makes);
    return (drawn.length > 0 ? drawn : jobs).flatMap((job) => filesIn(job, kinds));
  };
  const newest = withFiles.at(-1)?.origin?.message;
  const latest = of(withFiles.filter((job) => job.origin?.message === newest));
  return latest.length > 1 ? latest : of(withFiles);
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

function unfinished(job: JobWithArtifacts, kinds: Kinds): string {
  return `That ${kindNames[firstOf(kinds)]} is not finished yet (${job.id} is ${job.state}). Ask again when it is there.`;
}

function newestFiles(memory: Memory, kinds: Kinds): Found<string[]> {
  const newest = memory.jobs.findLast(
    (job) => filesIn(job, kinds).length > 0 || (!job.makes && !isTerminal(job.state) && kinds.includes(kindMade(job))),
  );
  if (newest && filesIn(newest, kinds).length === 0) return { problem: unfinished(newest, kinds) };
  // what was brought is there at once
  const ids = picturesAlone(kinds) ? (newest ? filesIn(newest, kinds) : []) : onlyOne(memory, newest, kinds);
  if (ids.length === 0) return { problem: noneOf(firstOf(kinds)) };
  if (ids.length > 1)
    return {
      problem: `Which of the ${ids.length} ${kindNames[firstOf(kinds)]}s? Say "number 1" to "number ${ids.length}", or "all of them".`,
    };
  return { found: ids };
}

function onlyOne(memory: Memory, newest: JobWithArtifacts | undefined, kinds: Kinds): string[] {
  const file = newestFile(memory, kinds);
  if (file === undefined) return [];
  const takes = newest ? filesIn(newest, kinds) : [];
  return takes.includes(file) ? takes : [file];
}

const picturesAlone = (kinds: Kinds): boolean => kinds.length === 1 && kinds[0] === "picture";

/** A single file is meant whatever it is where a picture is wanted: the tool refuses it by name. */
const attachedMeant = (memory: Memory, kinds: Kinds): readonly string[] =>
  picturesAlone(kinds) ? attachedPictures(memory) : attachedOf(memory, kinds);

/** "That" of this message; undefined where it brought nothing that is meant. */
function attachedThat(memory: Memory, kinds: Kinds): Found<string[]> | undefined {
  const attachments = attachedMeant(memory, kinds);
  if (attachments.length === 1) return { found: [...attachments] };
  if (attachments.length === 0) return undefined;
  const what = !picturesAlone(kinds) || memory.others?.has(attachments[0] ?? "") ? "files" : "pictures";
  return { problem: `Which of the ${attachments.length} attached ${what}? Say "number 1", or "all of them".` };
}

function shownIn(words: string, memory: Memory, kinds: Kinds): Found<string[]> {
  const making = memory.jobs.filter((job) => filesIn(job, kinds).length > 0 || kinds.includes(kindMade(job)));
  const job = byWords(words, { ...memory, jobs: making });
  const [what, none] = [kindNames[firstOf(kinds)], noneOf(firstOf(kinds))];
  if (!job) {
    const made = making.filter((other) => filesIn(other, kinds).length > 0);
    return { problem: made.length ? `No ${what} here shows "${words.slice(0, 60)}". There are: ${describe(made, memory)}.` : none };
  }
  const found = filesIn(job, kinds);
  if (found.length === 0) return { problem: isTerminal(job.state) ? none : unfinished(job, kinds) };
  if (found.length > 1) return { problem: `That job made ${found.length} ${what}s. Say "number 1", or "all of them".` };
  return { found };
}

/** What these words mean where no clip is meant. */
const namedBy: Partial<Record<StageName, FileKind>> = { picture: "picture", voice: "sound" };

/** Artifact ids of a reference. @param kinds that are looked for: the one that is named first is what is missed. */
export function filesOf(reference: Reference, memory: Memory, kinds: Kinds): Found<string[]> {
  const none = noneOf(firstOf(kinds));
  if (reference.kind === "id") return { found: [reference.id] };
  if (reference.kind === "stage") {
    const file = stageFile(reference, memory, kinds);
    const of = namedBy[reference.stage];
    return file ?? filesOf({ kind: "that" }, memory, of && kinds.includes(of) ? [of] : kinds);
  }
  if (reference.kind === "that") {
    const { of } = reference;
    if (of && !kinds.includes(of))
      return { problem: `That is a ${kindNames[of]}, and this takes a ${kinds.map((kind) => kindNames[kind]).join(" or a ")}.` };
    const meant = of ? [of] : kinds;
    return attachedThat(memory, meant) ?? newestFiles(memory, meant);
  }
  if (reference.kind === "words") return shownIn(reference.words, memory, kinds);
  if (reference.kind === "training") return { problem: none };
  const attachments = attachedMeant(memory, kinds);
  const list = attachments.length > 0 ? [...attachments] : series(memory, kinds);
  if (list.length === 0) return newestFiles(memory, kinds);
  if (reference.kind === "all") return { found: list };
  const id = reference.kind === "last" ? list.at(-1) : list[reference.number - 1];
  const what = kindNames[firstOf(kinds)];
  return id
    ? { found: [id] }
    : {
        problem: `There is no number ${reference.kind === "number" ? reference.number : 1}: there ${list.length === 1 ? `is 1 ${what}` : `are ${list.length} ${what}s`}.`,
      };
}

export const picturesOf = (reference: Reference, memory: Memory): Found<string[]> => filesOf(reference, memory, pictures);

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
  if (reference.kind === "stage") {
    const stage = wish === "any" || wish === "stopped" ? stageJob(reference, memory) : undefined;
    return stage && fits(stage) ? { found: stage.id } : jobOf({ kind: "that" }, memory, wish);
  }
  if (reference.kind === "that" && reference.of) {
    const { of } = reference;
    const job = choice(wish, memory).findLast((one) => kindMade(one) === of);
    return job ? { found: job.id } : { problem };
  }
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
