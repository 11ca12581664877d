/** The measure of voices: a Python with Resemblyzer, outside of the repository. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Pcm, writeWav } from "../../workers/sound/index.ts";

export interface Ruler {
  /** Cosine of each two, in the order that they are given. */
  similarity(sounds: readonly Pcm[]): Promise<number[][]>;
  close(): Promise<void>;
}

/** Python of an environment with the packages (RESEMBLYZER_PYTHON), if it has them. */
export async function findPython(path = process.env["RESEMBLYZER_PYTHON"]): Promise<string | undefined> {
  if (!path) return undefined;
  return promisify(execFile)(path, ["-c", "import resemblyzer"], { timeout: 300_000 }).then(
    () => path,
    () => undefined,
  );
}

/** @param folder for the files that it is given. */
export async function startRuler(python: string, folder: string): Promise<Ruler> {
  const child = spawn(python, [fileURLToPath(new URL("./similar.py", import.meta.url))], { stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let files = 0;
  return {
    async similarity(sounds) {
      const paths: string[] = [];
      for (const sound of sounds) {
        const path = join(folder, `sound-${files++}.wav`);
        await writeFile(path, writeWav(sound));
        paths.push(path);
      }
      child.stdin.write(`${JSON.stringify({ files: paths })}\n`);
      const answer = await lines.next();
      if (answer.done) throw new Error("Resemblyzer ended without an answer");
      return (JSON.parse(answer.value) as { similarity: number[][] }).similarity;
    },
    async close() {
      if (child.exitCode !== null) return;
      const ended = once(child, "exit");
      child.stdin.end();
      await ended;
    },
  };
}
