/** A new secret in place of one, and what is to be done so that everybody has it. */
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { byNearness } from "../../core/nearest.ts";
import { parseEnv } from "./env-file.ts";
import { modelOf, secretsFolder, secureFolder } from "./init.ts";
import type { Model } from "./model.ts";
import { chance, dc, derived, made } from "./secrets.ts";
import { readState, writeState } from "./state.ts";
import { replaceFile, textOf } from "./write.ts";

/** Services that are started here and are given one of these secrets, in the order of the file: one whose profile is off would be started by its name. */
const holders = ({ secretsOf, active }: Model, names: readonly string[]): string[] =>
  Object.entries(secretsOf).flatMap(([service, given]) =>
    active.includes(service) && given.some((one) => names.includes(one)) ? [service] : [],
  );

/** Who has to hear of it. A mount stays with the file that it found: a restart may not be enough. */
function last(model: Model | undefined, names: readonly string[]): string {
  if (!model) return `Then: ${dc} up -d --force-recreate`;
  const services = holders(model, names);
  return services.length > 0
    ? `Then: ${dc} up -d --force-recreate ${services.join(" ")}`
    : "None of the services that you start is given it: nothing else is to be done.";
}

/** Failure `invalid_input` where there is no such secret, or it follows another. @returns what is to be done, one a line. */
export async function rotate(folder: string, name: string, now: () => Date = () => new Date()): Promise<string[]> {
  const follows = derived.find((one) => one.name === name);
  if (follows) throw new Failure("invalid_input", `${name} follows ${follows.from}: npm run compose:init -- --rotate ${follows.from}`);
  const spec = made.find((one) => one.name === name);
  if (!spec) {
    const names = made.map((one) => one.name);
    throw new Failure(
      "invalid_input",
      `There is no secret ${name} (${byNearness(name, names)[0]} is nearest). There are: ${names.join(", ")}.`,
    );
  }
  await secureFolder(folder);
  const state = await readState(folder);
  const at = (one: string) => join(secretsFolder(folder), one);
  const secret = chance(spec.bytes);
  const with_ = derived.filter(({ from }) => from === name);
  const names = [name, ...with_.map((one) => one.name)];
  // killed in between, the next compose:init knows that what is derived has to follow
  await writeState(folder, { ...state, rotating: [...new Set([...state.rotating, name])] });
  await replaceFile(at(name), `${secret}\n`, 0o444);
  for (const one of with_) await replaceFile(at(one.name), `${one.make(secret)}\n`, 0o444);
  const stamp = now().toISOString();
  await writeState(folder, {
    ...state,
    made: { ...state.made, ...Object.fromEntries(names.map((one) => [one, stamp])) },
    rotating: state.rotating.filter((one) => one !== name),
  });
  const model = await modelOf(folder, parseEnv((await textOf(join(folder, ".env"))) ?? ""));
  return [`compose/secrets/${names.join(", compose/secrets/")}: new`, ...(spec.byHand ? [spec.byHand] : []), last(model, names)];
}
