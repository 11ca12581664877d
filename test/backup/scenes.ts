/** What a person does who has backups, and what an unlucky one meets. */

import { randomInt } from "node:crypto";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isTerminal } from "../../core/job.ts";
import { verifyBackup } from "../../platform/backup/verify.ts";
import { query } from "../../platform/postgres/testing/query.ts";
import { recording, saidInRecording } from "../fixtures/recording.ts";
import type { Checks } from "../harness/checks.ts";
import { type Command, send, until } from "../harness/product.ts";
import { doneJobs, type FileRow, filesIn, load, newStudio, type Services, type Studio, wordsOf, wrongFiles } from "./stage.ts";

const chat = "conv-backup";

export interface Saved {
  path: string;
  /** Files of the studio that rows of that moment name. */
  files: FileRow[];
}

const exit = async (command: Command): Promise<string> => `${await command.ended}: ${command.stderr}`;

/** A picture in a chat, and a voice with its consent. */
export async function furnish(studio: Studio, checks: Checks): Promise<void> {
  await studio.product.start();
  const [picture] = doneJobs(await studio.say(chat, "draw a red fox in fresh snow, 256x256"));
  checks.check("a chat makes a picture", picture?.state === "succeeded", picture);
  const audio = await studio.upload("june.wav", await recording());
  await studio.say("conv-voice", `/clone june --audio ${audio} --person "June Carter" --transcript "${saidInRecording}"`);
  const made = await studio.say("conv-voice", "yes");
  checks.check("a voice is made after a yes", doneJobs(made)[0]?.state === "succeeded", wordsOf(made));
}

/** Under load: jobs are accepted and published while rows and files are copied. */
export async function save(studio: Studio, checks: Checks, folder: string): Promise<Saved> {
  const { product, mode } = studio;
  const busy = load(studio, checks);
  await until(
    async () => (await query<{ n: number }>(await studio.url(), "select count(*)::int as n from jobs where state = 'running'"))[0]?.n,
    "work runs",
  );
  const command = product.run(["backup", folder]);
  const told = await exit(command);
  const accepted = await busy.end();
  const path = command.stdout.trim();
  checks.check(`${mode}: a backup under load ends well`, told.startsWith("0:") && path.endsWith(".tar"), told);
  checks.check("it says what is secret in it", /secret that signs links/.test(told), told);
  checks.check("it is private to this user", ((await stat(path)).mode & 0o777) === 0o600);
  const verified = await exit(product.run(["backup", "--verify", path]));
  checks.check("it is whole", verified.startsWith("0: Whole"), verified);
  const { manifest } = await verifyBackup(path);
  const inIt = new Set(manifest.files.map(({ sha256 }) => sha256));
  const files = (await filesIn(await studio.url())).filter(({ sha256 }) => inIt.has(sha256));
  checks.check(
    "nothing was damaged or is missing",
    manifest.damaged.length === 0 && manifest.gone.length === 0 && files.length >= manifest.files.length,
    manifest.damaged,
  );
  const [last] = await query<{ value: { bytes: number } }>(await studio.url(), "select value from settings where name = 'backup.last'");
  checks.check("the studio knows of it", last?.value.bytes === (await stat(path)).size, last);
  checks.note(
    `${accepted} jobs accepted meanwhile, ${manifest.files.length} files and ${manifest.tables.map(({ rows }) => rows).reduce((a, b) => a + b)} rows saved`,
  );
  const refused = await exit(product.run(["restore", path, "--replace", "--yes"]));
  checks.check(
    "a restore is refused while the studio is at work",
    /^1: error: .*(in use by the studio|works on this database)/s.test(refused),
    refused,
  );
  return { path, files };
}

/** In another mode; then the conversation goes on. */
export async function comeBack(studio: Studio, checks: Checks, { path, files }: Saved): Promise<void> {
  const { product, mode } = studio;
  const told = await exit(product.run(["restore", path]));
  checks.check(`${mode}: it is restored`, /^0: [\s\S]*Restored/.test(told), told);
  await product.start();
  const url = await studio.url();
  const wrong = await wrongFiles(studio, files);
  checks.check(`all ${files.length} files are what they were`, wrong.length === 0, wrong.slice(0, 5));
  const again = await exit(product.run(["restore", path]));
  checks.check("once more it is refused", /^1: error: /.test(again), again);
  const parts = await studio.say(chat, "upscale that 2x");
  const [upscaled] = doneJobs(parts);
  const [made] = upscaled?.artifacts ?? [];
  const of = await product.client.artifact(String(upscaled?.input["image"])).catch(() => undefined);
  checks.check(
    "the conversation goes on: that is upscaled",
    upscaled?.tool === "upscale_image" &&
      upscaled.state === "succeeded" &&
      made?.width === (of?.width ?? 0) * 2 &&
      files.some(({ id }) => id === of?.id),
    upscaled ?? (wordsOf(parts) || parts.at(-1)),
  );
  const [voice] = await query<{ details: { consent?: { person?: string } } }>(url, "select details from assets where kind = 'voice'");
  checks.check("the voice is there with its consent", voice?.details.consent?.person === "June Carter", voice);
  const spoken = doneJobs(await studio.say("conv-voice", "say good morning in june's voice"));
  checks.check("it speaks", spoken[0]?.state === "succeeded", spoken);
  const open = async () =>
    (await query<{ state: string }>(url, "select state from jobs")).filter(({ state }) => !isTerminal(state as never));
  await until(async () => (await open()).length === 0, "what waited or ran is done", 90_000);
  const failed = await query(url, "select id, state, error from jobs where state <> 'succeeded'");
  checks.check("what waited or ran is done", failed.length === 0, failed.slice(0, 5));
  const twice = await query(url, "select job, ordinal from artifacts where job is not null group by 1, 2 having count(*) > 1");
  checks.check("nothing was published twice", twice.length === 0, twice);
}

/** kill -9 before, between and behind the files, and at random; run again it always ends well. */
export async function killed(services: Services, checks: Checks, { path, files }: Saved): Promise<void> {
  for (const mode of ["embedded", "full"] as const) {
    const studio = await newStudio(mode, services);
    try {
      const at: string[] = [];
      for (const least of [1, Math.ceil(files.length / 2), files.length]) {
        const restoring = studio.product.run(["restore", path]);
        let over = false;
        void restoring.ended.then(() => {
          over = true;
        });
        await until(async () => over || (await studio.stored()) >= least, `${least} files are there`);
        await sleep(randomInt(50));
        send(restoring.pid, "SIGKILL");
        const stored = await studio.stored();
        if ((await restoring.ended) === "SIGKILL") at.push(`${stored} files`);
        if (/Restored/.test(restoring.stderr)) break;
      }
      checks.check(`${mode}: it is killed on its way`, at.length > 0);
      const told = await exit(studio.product.run(["restore", path, "--replace", "--yes"]));
      checks.check(`killed at ${at.join(", ")}, then run again, it is restored`, told.startsWith("0:"), told);
      await studio.product.start();
      const wrong = await wrongFiles(studio, files);
      checks.check("and every file is what it was", wrong.length === 0, wrong.slice(0, 5));
    } finally {
      await studio.destroy();
    }
  }
}

/** Who says something to a studio that sleeps while it is copied. */
async function chattedMeanwhile({ product }: Studio, checks: Checks, folder: string): Promise<void> {
  const copying = product.run(["backup", folder]);
  await until(async () => (await product.folder.owner())?.purpose === "backup", "the backup has the folder");
  send(copying.pid, "SIGSTOP");
  const refused = await exit(product.run(["stop"]));
  checks.check(
    "stop does not end a backup, and says who has the folder",
    /^1: error: .*a backup has it \(pid \d+\)/s.test(refused),
    refused,
  );
  const said = product.run(["chat", "--new", "/jobs"]);
  await until(async () => /A backup of this studio is at work/.test(said.stderr), "the chat says what it waits for");
  send(copying.pid, "SIGCONT");
  const [copied, answered] = [await exit(copying), await exit(said)];
  checks.check("and the backup ends well", copied.startsWith("0:"), copied);
  checks.check("a chat meanwhile waits for it, and then has its studio", /^0: [\s\S]*Starting the studio/.test(answered), answered);
  await product.run(["stop"]).ended;
}

/** Stopped, damaged, and as a service. */
export async function asleep(studio: Studio, checks: Checks, folder: string): Promise<void> {
  const { product } = studio;
  await product.run(["stop"]).ended;
  const told = await exit(product.run(["backup", folder]));
  checks.check("a studio that does not run is saved too", told.startsWith("0:"), told);
  checks.check("and its database does not run on", (await product.postgresProcesses()).length === 0);
  await chattedMeanwhile(studio, checks, folder);
  const service = product.run(["backup", folder, "--every", "0.001", "--keep", "2"]);
  await until(() => service.stderr.split("Saved").length > 3, "the service has made three", 60_000);
  service.child.kill("SIGTERM");
  checks.check("as a service it makes one after another, and ends when it is told to", (await service.ended) === 0, service.stderr);
  const kept = (await readdir(folder)).filter((name) => name.endsWith(".tar"));
  checks.check(
    "the newest two are kept, and nothing half made",
    kept.length === 2 && (await readdir(folder)).length === 2,
    await readdir(folder),
  );
  const files = join(product.folder.filesPath, "jobs");
  const [name = ""] = (await readdir(files, { recursive: true })).filter((entry) => entry.endsWith(".png"));
  await writeFile(join(files, name), "not a picture any more");
  const damaged = await exit(product.run(["backup", folder, "--keep", "1"]));
  checks.check("a damaged file is named, the code is 1", /^1: [\s\S]*1 stored files are damaged[\s\S]*art_/.test(damaged), damaged);
  const after = (await readdir(folder)).filter((entry) => entry.endsWith(".tar"));
  checks.check("the others are in it, and no older backup goes", after.length === 3, after);
}
