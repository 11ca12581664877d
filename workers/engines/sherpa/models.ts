/** The model files that a person downloads once, looked for by name in one folder: which there are, and what is missing of one that is begun. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../../core/failure.ts";

export type SherpaKind = "zipvoice" | "pocket";

export interface SherpaModel {
  kind: SherpaKind;
  title: string;
  /** ISO 639-1. */
  languages: readonly string[];
  /** What a person must know of it each time. */
  licence: string;
  /** Part of `OfflineTtsConfig.model` of sherpa-onnx, its paths whole. */
  config: Record<string, string>;
}

interface Known {
  kind: SherpaKind;
  title: string;
  languages: readonly string[];
  licence: string;
  archive: string;
  /** Key in the configuration → names, the first that is there is taken. */
  files: Record<string, readonly string[]>;
  /** Beside the folder of the archive, with an archive of its own. */
  beside?: Record<string, { names: readonly string[]; from: string }>;
}

const releases = "https://github.com/k2-fsa/sherpa-onnx/releases/download";

/** As their archives are laid out; quantized files first, which are as good to the ear and half as slow. */
const knownModels: readonly Known[] = [
  {
    kind: "zipvoice",
    title: "ZipVoice",
    languages: ["en", "zh"],
    licence: "ZipVoice's weights were trained on the Emilia recordings, which are for non-commercial use (CC-BY-NC-4.0)",
    archive: `${releases}/tts-models/sherpa-onnx-zipvoice-distill-int8-zh-en-emilia.tar.bz2`,
    files: {
      tokens: ["tokens.txt"],
      encoder: ["encoder.int8.onnx", "encoder.onnx"],
      decoder: ["decoder.int8.onnx", "decoder.onnx"],
      lexicon: ["lexicon.txt"],
      dataDir: ["espeak-ng-data"],
    },
    beside: { vocoder: { names: ["vocos_24khz.onnx"], from: `${releases}/vocoder-models/vocos_24khz.onnx` } },
  },
  {
    kind: "pocket",
    title: "Pocket TTS",
    languages: ["en"],
    licence: "Pocket TTS's weights are CC-BY-4.0 (Kyutai), which forbids impersonation without consent",
    archive: `${releases}/tts-models/sherpa-onnx-pocket-tts-int8-2026-01-26.tar.bz2`,
    files: {
      lmFlow: ["lm_flow.int8.onnx", "lm_flow.onnx"],
      lmMain: ["lm_main.int8.onnx", "lm_main.onnx"],
      encoder: ["encoder.onnx"],
      decoder: ["decoder.int8.onnx", "decoder.onnx"],
      textConditioner: ["text_conditioner.onnx"],
      vocabJson: ["vocab.json"],
      tokenScoresJson: ["token_scores.json"],
    },
  },
];

/** The commands that bring one, in the folder of models. */
function downloadWords({ archive, beside = {} }: Known): string {
  const name = archive.slice(archive.lastIndexOf("/") + 1);
  const more = Object.values(beside).map(({ from }) => ` && curl -LO ${from}`);
  return `curl -LO ${archive} && tar xf ${name}${more.join("")}`;
}

/** Where no folder is named, or nothing of a model is in it. */
export function noModels(): string {
  const ways = knownModels.map((known) => `${downloadWords(known)} (${known.title}, ${known.languages.join(" and ")})`);
  return `Make a folder, name it in MYSPINBOT_SHERPA_MODELS, and in it: ${ways.join("; or: ")}.`;
}

/** `missing`: files of a model that is begun, by name; what brings them is in `fix`. */
export type Found = { model: SherpaModel } | { missing: string[]; title?: string; fix: string };

const isThere = async (path: string): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined);
  // an empty file is a download that broke off
  return found !== undefined && (found.isDirectory() || found.size > 0);
};

async function firstOf(folders: readonly string[], names: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) for (const name of names) if (await isThere(join(folder, name))) return join(folder, name);
  return undefined;
}

/** Which of a model's files are in `folder`; its vocoder may lie beside it. */
async function lookFor(known: Known, folder: string, root: string): Promise<{ config: Record<string, string>; missing: string[] }> {
  const wanted = [
    ...Object.entries(known.files).map(([key, names]) => ({ key, names, folders: [folder] })),
    ...Object.entries(known.beside ?? {}).map(([key, { names }]) => ({ key, names, folders: [folder, root] })),
  ];
  const config: Record<string, string> = {};
  const missing: string[] = [];
  for (const { key, names, folders } of wanted) {
    const path = await firstOf(folders, names);
    if (path) config[key] = path;
    else missing.push(names[0] ?? key);
  }
  return { config, missing };
}

/** The first whole model in the folder or in one below it, ZipVoice before Pocket TTS: it knows two languages. Failure `config` where the folder cannot be read. */
export async function findModel(root: string): Promise<Found> {
  const entries = await readdir(root, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === "ENOENT" ? "is not there. Make it" : "cannot be read. Give this program the right to";
    throw new Failure("config", `The folder of MYSPINBOT_SHERPA_MODELS ${why}, or correct the setting.`, { cause });
  });
  const folders = [
    root,
    ...entries
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => join(root, name))
      .sort(),
  ];
  let begun: { known: Known; missing: string[] } | undefined;
  for (const known of knownModels)
    for (const folder of folders) {
      const { config, missing } = await lookFor(known, folder, root);
      const { kind, title, languages, licence } = known;
      if (missing.length === 0) return { model: { kind, title, languages, licence, config } };
      const most = Object.keys(known.files).length / 2;
      if (missing.length < most && missing.length < (begun?.missing.length ?? Number.POSITIVE_INFINITY)) begun = { known, missing };
    }
  if (begun)
    return {
      missing: begun.missing,
      title: begun.known.title,
      fix: `In the folder of MYSPINBOT_SHERPA_MODELS: ${downloadWords(begun.known)}`,
    };
  return { missing: [], fix: noModels() };
}
