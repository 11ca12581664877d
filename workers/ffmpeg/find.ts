/** Which ffmpeg is used: the setting's, else the PATH's where it can what we need, else the one that is installed with us. */
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { Failure } from "../../core/failure.ts";
import type { Log } from "../../core/log.ts";
import { environment } from "./environment.ts";

export interface FfmpegAbout {
  path: string;
  version: string;
  from: "setting" | "path" | "package";
  /** Of this very build. */
  licence: string;
}

/** What every video and sound of ours is made with. */
const needed = ["libx264", "aac", "libmp3lame", "libopus", "mov_text"] as const;

const remedy = "Install it (Debian, Ubuntu: apt install ffmpeg; Fedora: dnf install ffmpeg; macOS: brew install ffmpeg)";

const execute = promisify(execFile);
/** The first start from a slow disk takes its time; more than this is a program that hangs. */
const askOnce = async (path: string, flag: string): Promise<string> =>
  (await execute(path, ["-hide_banner", flag], { timeout: 60_000, killSignal: "SIGKILL", maxBuffer: 8e6, env: environment() })).stdout;

/** One that another ended, for lack of memory perhaps, is no program that does not run: it is asked again, once. */
const ask = (path: string, flag: string): Promise<string> =>
  askOnce(path, flag).catch((error: { killed?: boolean; signal?: string | null }) => {
    if (error.killed || !error.signal) throw error;
    return askOnce(path, flag);
  });

/** Of the configuration that it was built with. */
function licenceOf(configuration: string): string {
  if (configuration.includes("--enable-nonfree")) return "not redistributable (built with --enable-nonfree)";
  const licence = configuration.includes("--enable-gpl") ? "GPL" : "LGPL";
  const older = licence === "GPL" ? "2.0" : "2.1";
  return `${licence}-${configuration.includes("--enable-version3") ? "3.0" : older}-or-later`;
}

interface Looked {
  version: string;
  licence: string;
  lacks: string[];
}

async function look(path: string): Promise<Looked> {
  const [about, encoders] = await Promise.all([ask(path, "-version"), ask(path, "-encoders")]);
  const names = new Set(encoders.split("\n").map((line) => line.trim().split(/\s+/)[1]));
  return {
    version: /^ffmpeg version (\S+)/.exec(about)?.[1] ?? "unknown",
    licence: licenceOf(about),
    lacks: needed.filter((name) => !names.has(name)),
  };
}

async function onPath(): Promise<string | undefined> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter).filter(Boolean)) {
    const path = join(folder, "ffmpeg");
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

/** The package throws on a platform that it has no program for. */
function inPackage(): string | undefined {
  try {
    return (createRequire(import.meta.url)("@ffmpeg-installer/ffmpeg") as { path: string }).path;
  } catch {
    return undefined;
  }
}

async function bySetting(path: string): Promise<FfmpegAbout> {
  const found = await look(path).catch((error: unknown) => {
    throw new Failure(
      "engine_unavailable",
      `The ffmpeg that MYSPINBOT_FFMPEG names does not run. ${remedy} and correct the setting, or remove it: then another is looked for.`,
      { cause: error },
    );
  });
  if (found.lacks.length === 0) return { path, ...found, from: "setting" };
  throw new Failure(
    "engine_unavailable",
    `The ffmpeg ${found.version} that MYSPINBOT_FFMPEG names lacks ${found.lacks.join(", ")}; all of ${needed.join(", ")} are needed. Name a full build, or remove the setting: then another is looked for.`,
  );
}

/** Failure `engine_unavailable` with the command that installs one. */
export async function findFfmpeg(setting: string | undefined, log: Log): Promise<FfmpegAbout> {
  if (setting) return bySetting(setting);
  const seen: string[] = [];
  for (const [from, path] of [["path", await onPath()] as const, ["package", inPackage()] as const]) {
    if (!path) continue;
    const found = await look(path).catch((error: unknown) => log.warn({ err: error, path }, "an ffmpeg that does not run"));
    if (found?.lacks.length === 0) return { path, version: found.version, licence: found.licence, from };
    if (found) seen.push(`ffmpeg ${found.version} lacks ${found.lacks.join(", ")}`);
  }
  const why = seen.length > 0 ? `${seen.join("; ")}.` : "No ffmpeg that runs was found.";
  throw new Failure(
    "engine_unavailable",
    `Sound and video need ffmpeg with ${needed.join(", ")}. ${why} ${remedy}, or set MYSPINBOT_FFMPEG.`,
  );
}
