/** `npm run models`: lists the models that the engines know, fetches those that a person picks, and looks whether they are still what they were. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Failure } from "../core/failure.ts";
import { models } from "./models/catalogue.ts";
import { checkFolder, fileAt, type GetOptions, getAddress, getModels, modelNamed, pathOf } from "./models/get.ts";
import { folderOf, progressTo, tokenOf } from "./models/surroundings.ts";

const usage = `npm run models                       what there is, what it needs, what is here
npm run models -- get ID...          fetches models; goes on where an earlier try ended
npm run models -- get https://… --into checkpoints [--as NAME] [--sha256 HEX]
npm run models -- check              hashes what is here, and compares

  --folder FOLDER   the models' folder; without it MODELS_FOLDER of compose/.env, else compose/models
  --accept          yes to the terms of the models' licences, which are shown without it
  --reserve-gb N    what stays free of the disk; without it: 10
  HF_TOKEN, HF_TOKEN_FILE   an access token of Hugging Face, for models that want an account

Only .safetensors and .gguf: other files can hold code. docs/models.md has more.`;

const gb = (bytes: number) => (bytes / 1e9).toFixed(1).padStart(5);

function list(folder: string, say: (line: string) => void): void {
  say(`      ${"name".padEnd(14)} ${"GB".padStart(5)}  VRAM  licence, use`);
  for (const model of models) {
    const here = model.files.filter((file) => existsSync(join(folder, pathOf(file)))).length;
    const known = model.files.every((file) => file.bytes);
    const size = known ? gb(model.files.reduce((sum, file) => sum + (file.bytes ?? 0), 0)) : "    ?";
    const mark = here === model.files.length ? "[x]" : here > 0 ? "[~]" : "[ ]";
    const terms = model.terms ? "*" : "";
    say(`  ${mark} ${model.id.padEnd(14)} ${size}  ${String(model.vramGb).padStart(4)}  ${model.licence}${terms}: ${model.use}`);
  }
  say(
    "\n  [x] is in the folder, [~] a part of it. * has terms, which are shown before anything is fetched. Fetch: npm run models -- get ID",
  );
}

/** @returns the exit code: 1 where something is not as it should be. */
export async function main(args: string[], env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      folder: { type: "string" },
      into: { type: "string" },
      as: { type: "string" },
      sha256: { type: "string" },
      "reserve-gb": { type: "string", default: "10" },
      accept: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const [command = "list", ...picked] = positionals;
  const folder = folderOf(values.folder, env);
  const reserve = Number(values["reserve-gb"]);
  if (!(reserve >= 0)) throw new Failure("invalid_input", "--reserve-gb takes a number of gigabytes, 0 or more.");
  if (values.help) say(usage);
  else if (command === "list") list(folder, say);
  else if (command === "check") {
    const bad = await checkFolder(folder, say);
    say(bad.length ? `${bad.length} are not what they were: remove them and fetch them again.` : "Nothing has changed.");
    return bad.length ? 1 : 0;
  } else if (command === "get" && picked.length > 0) {
    const token = tokenOf(env);
    const options: GetOptions = {
      folder,
      accept: values.accept,
      reserve: reserve * 1e9,
      say,
      progress: progressTo(say),
      ...(token ? { token } : {}),
    };
    const [address] = picked.filter((each) => each.includes("://"));
    if (address && picked.length > 1)
      throw new Failure("invalid_input", "Fetch one address at a time: --into and --sha256 are for one file.");
    if (address) await getAddress(fileAt(address, values.into, values.as, values.sha256), options);
    else
      await getModels(
        picked.map((id) => modelNamed(id)),
        options,
      );
  } else {
    say(usage);
    return 2;
  }
  return 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    process.exitCode = await main(process.argv.slice(2), process.env, (line) => void process.stdout.write(`${line}\n`));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (!(error instanceof Failure) && !code.startsWith("ERR_PARSE_ARGS") && !/^E[A-Z]+$/.test(code)) throw error;
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
