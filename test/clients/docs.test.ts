/** docs/clients.md can be pasted: its JSON is JSON, and what it names exists. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { settingNames } from "../../config/settings.ts";
import { scopes } from "../../core/scope.ts";

const page = readFileSync(join(import.meta.dirname, "..", "..", "docs/clients.md"), "utf8");

it("docs/clients.md has settings that parse, for every client that it promises", () => {
  const blocks = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = ""]) => JSON.parse(text) as object);
  expect(blocks.length).toBeGreaterThan(7);
  for (const name of ["Claude Desktop", "Claude Code", "VS Code", "Cursor", "Goose", "LibreChat", "Open WebUI", "mcpo"])
    expect(page).toContain(`\n## ${name}\n`);
});

it("docs/clients.md names settings and scopes that exist", () => {
  const named = [...page.matchAll(/\b(?:MYSPINBOT|OIDC)_[A-Z_]+\b/g)].map(([name]) => name);
  // what a client reads the key from is the client's own variable, of the same name
  for (const name of named) expect(settingNames, name).toContain(name);
  for (const [, list = ""] of page.matchAll(/--scopes ([\w:,-]+)/g)) for (const scope of list.split(",")) expect(scopes).toContain(scope);
});
