/** The pages say what the program does. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { toolsPage } from "../core/tool-docs.ts";
import { toolView } from "../core/tool-view.ts";
import { createTools } from "../tools/index.ts";

const root = join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

it("docs/tools.md is the catalogue (npm run docs)", () => {
  expect(read("docs/tools.md")).toBe(toolsPage(createTools().map(toolView)));
});

it("README.md begins with what it is and its two commands are scripts that exist", () => {
  const readme = read("README.md");
  const scripts = (JSON.parse(read("package.json")) as { scripts: Record<string, string> }).scripts;
  const commands = [...readme.matchAll(/^npm ci && npm (?:run )?(\w+)$/gm)].map((match) => match[1] ?? "");
  expect(commands).toEqual(["demo", "test"]);
  for (const name of commands) expect(scripts[name], name).toBeTruthy();
});

it("AGENTS.md has at most 60 lines, and names only files that exist", () => {
  const page = read("AGENTS.md");
  expect(page.trimEnd().split("\n").length).toBeLessThanOrEqual(60);
  for (const [, path] of page.matchAll(/`((?:[a-z-]+\/)+[a-z-]+\.ts)`/g)) expect(() => read(path ?? ""), path).not.toThrow();
});
