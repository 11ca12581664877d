/** Variables: each is explained in .env.example, and has a default or asks for it. */
import { describe, expect, it } from "vitest";
import { files, text, variablesIn } from "./testing/stack.ts";

const explained = [...text(".env.example").matchAll(/^#?([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name = "", value = ""]) => ({ name, value }));

describe.each(files)("%s", (file) => {
  it("has a default for every variable, or asks for it in words", () => {
    for (const { name, operator, fallback } of variablesIn(file))
      expect([name, operator, operator === ":?" ? fallback.length > 10 : true]).toEqual([name, expect.stringMatching(/^:[-?]$/), true]);
  });

  it("uses only variables that .env.example explains", () => {
    expect(explained.map(({ name }) => name)).toEqual(expect.arrayContaining(variablesIn(file).map(({ name }) => name)));
  });
});

describe(".env.example", () => {
  const used = files.flatMap(variablesIn);

  it("explains none that no file reads", () => {
    expect(explained.map(({ name }) => name).filter((name) => !used.some((use) => use.name === name))).toEqual([]);
  });

  it("explains each once", () => {
    const names = explained.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it("shows the value that a variable has when it is left out", () => {
    const shown = Object.fromEntries(explained.map(({ name, value }) => [name, value]));
    // an example, where nothing is the default; and one that differs in the file for one program alone
    const differing = used.filter(({ name, operator, fallback }) => operator === ":-" && fallback !== "" && fallback !== shown[name]);
    expect(differing.map(({ name, fallback }) => `${name} ${fallback}`)).toEqual(["BIND_ADDRESS 0.0.0.0"]);
  });

  it("holds no secret", () => {
    for (const { name, value } of explained) if (/(KEY|SECRET|PASSWORD)$/.test(name)) expect([name, value]).toEqual([name, ""]);
  });
});
