/** The first command after `git clone`: what it needs it gets itself, and the README's way to a first picture is as short as it says. */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readProfiles } from "./compose/profiles.ts";
import { readModels } from "./compose/with-models.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

describe("npm run compose:init in a fresh clone", () => {
  let clone: string;
  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), "spin-clone-"));
    for (const name of ["scripts", "bin"]) mkdirSync(join(clone, name));
    copyFileSync(join(root, "scripts/compose-init.mjs"), join(clone, "scripts/compose-init.mjs"));
    writeFileSync(join(clone, "package.json"), '{ "type": "module" }');
    writeFileSync(
      join(clone, "scripts/compose-init.ts"),
      'const given: string[] = process.argv.slice(2);\nconsole.log("init " + given);\n',
    );
  });
  afterEach(() => rmSync(clone, { recursive: true, force: true }));

  /** An npm that notes how it was called, and then does this. */
  function run(then: string) {
    writeFileSync(join(clone, "bin/npm"), `#!/bin/sh\necho "$PWD: $*" >> called\n${then}\n`);
    chmodSync(join(clone, "bin/npm"), 0o755);
    const env = { ...process.env, PATH: `${join(clone, "bin")}:${process.env["PATH"]}` };
    // from anywhere
    return spawnSync(process.execPath, [join(clone, "scripts/compose-init.mjs"), "--models", "sdxl"], {
      encoding: "utf8",
      env,
      cwd: tmpdir(),
    });
  }
  const called = () => (existsSync(join(clone, "called")) ? readFileSync(join(clone, "called"), "utf8").trim().split("\n") : []);

  it("installs the packages once, says so, and goes on with what it was asked", () => {
    const install = `ln -sfn '${join(root, "node_modules")}' node_modules`;
    const first = run(install);
    expect([first.status, first.stdout]).toEqual([0, expect.stringMatching(/Installing.*npm ci[\s\S]*init --models,sdxl\n$/)]);
    expect(called()).toEqual([expect.stringMatching(/: ci /)]);
    const second = run(install);
    expect([second.status, second.stdout]).toEqual([0, "init --models,sdxl\n"]);
    expect(called()).toHaveLength(1);
  });

  it("installs them where they lie there without what runs it: by npm ci --omit=dev, or with NODE_ENV=production", () => {
    mkdirSync(join(clone, "node_modules"));
    writeFileSync(join(clone, "node_modules/.package-lock.json"), "{}");
    const { status, stdout } = run(`rm -r node_modules; ln -sfn '${join(root, "node_modules")}' node_modules`);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/Installing[\s\S]*init --models,sdxl\n$/)]);
    expect(called()).toEqual([expect.stringMatching(/: ci --include=dev /)]);
  });

  it("that cannot install them says that nothing else was done, and is run again by the same line", () => {
    const { status, stdout, stderr } = run("exit 7");
    expect([status, stdout.includes("init ")]).toEqual([1, false]);
    expect(stderr).toMatch(/npm ci: exit code 7.*Nothing else was done.*same line again/s);
  });
});

describe("README.md, from git clone to a first picture on a machine with Docker", () => {
  const section = read("README.md").split("\n## The whole stack on one machine with Docker\n")[1]?.split("\n## ")[0] ?? "";
  const block = /```bash\n([\s\S]*?)```/.exec(section)?.[1] ?? "";
  const lines = block.split("\n").flatMap((line) => line.replace(/\s+#.*$/, "").trim() || []);
  /** What a person has to type, however it is written on lines. */
  const commands = lines.flatMap((line) => line.split(/&&|\|\|?|;/)).map((one) => one.trim().split(/\s+/));
  const scripts = (JSON.parse(read("package.json")) as { scripts: Record<string, string> }).scripts;

  it("takes at most four commands, each on its own line", () => {
    expect(lines.length).toBe(commands.length);
    expect(commands.length).toBeGreaterThan(1);
    expect(commands.length).toBeLessThanOrEqual(4);
    expect(commands.map(([program]) => program)).toEqual(["git", "cd", "npm", "docker"]);
    expect(commands[1]?.[1]).toBe(commands[0]?.at(-1));
  });

  it("names a script that runs before there are packages", () => {
    expect([commands[2]?.[2], scripts[commands[2]?.[2] ?? ""]]).toEqual(["compose:init", "node scripts/compose-init.mjs"]);
  });

  it("gives it flags and models that there are, and says yes to their licences", () => {
    const given = commands[2]?.slice(3) ?? [];
    const usage = spawnSync(process.execPath, [join(root, "scripts/compose-init.mjs"), "--help"], { encoding: "utf8" }).stdout;
    for (const flag of given.filter((one) => one.startsWith("--") && one !== "--")) expect(usage).toContain(`\n  ${flag} `);
    const models = given[given.indexOf("--models") + 1] ?? "";
    expect(readModels(models, given.includes("--accept")).some(({ use }) => use.includes("render_image"))).toBe(true);
  });

  it("starts files that are there, and every other command of the section exists too", () => {
    const [, verb, ...rest] = commands[3] ?? [];
    expect([verb, rest.slice(-3)]).toEqual(["compose", ["up", "-d", "--build"]]);
    for (const path of rest.filter((_, at) => rest[at - 1] === "-f")) expect(existsSync(join(root, path))).toBe(true);
    for (const [, name = ""] of section.matchAll(/npm run ([\w:]+)/g)) expect(scripts).toHaveProperty([name]);
    for (const [, path = ""] of section.matchAll(/-f (compose\/[\w.-]+)/g)) expect(existsSync(join(root, path))).toBe(true);
    for (const [, ids = ""] of section.matchAll(/--models ([\w.,-]+)/g)) expect(readModels(ids, true).length).toBeGreaterThan(0);
    for (const [, list = ""] of section.matchAll(/--profiles ([\w,]+)/g)) expect(readProfiles(list).length).toBeGreaterThan(0);
  });
});
