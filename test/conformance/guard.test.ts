/** The conformance fixtures are the harness's alone: no setting brings them into the product, and nothing that is shipped knows them. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectHttp, kinds } from "../../mcp-server/testing/clients.ts";
import { createTools } from "../../tools/index.ts";
import { type Product, startProduct } from "../setup/product.ts";
import { conformanceFixtures } from "./fixtures/index.ts";

const root = join(import.meta.dirname, "..", "..");

/** What `npm run build` compiles. */
async function shipped(): Promise<string[]> {
  const { include } = JSON.parse(await readFile(join(root, "tsconfig.build.json"), "utf8")) as { include: string[] };
  const files = await readdir(root, { recursive: true });
  const folders = include.filter((entry) => !entry.includes("*")).map((entry) => `${entry}/`);
  return files.filter(
    (file) =>
      file.endsWith(".ts") &&
      !/\.test\.ts$|\.config\.ts$|\/testing\/|node_modules/.test(file) &&
      (!file.includes("/") || folders.some((folder) => file.startsWith(folder))),
  );
}

describe("an installed studio", () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ MYSPINBOT_PREVIEW: "1", CONFORMANCE_FIXTURES: "1", NODE_ENV: "test" });
  });
  afterAll(() => product.close());

  it.each(kinds)("has the catalogue and nothing else, for %s", async (kind) => {
    const client = await connectHttp(kind, new URL("/mcp", product.url));
    const names = (await client.tools()).map(({ name }) => name);
    expect(names).toEqual(createTools().map(({ name }) => name));
    expect(names.filter((name) => name.startsWith("test_"))).toEqual([]);
    await expect(client.call("test_simple_text")).rejects.toMatchObject({ code: -32602 });
    await expect(client.read("test://static-text")).rejects.toMatchObject({ code: -32602 });
    expect(await client.templates()).not.toContain("test://template/{id}/data");
    await client.close();
  });

  it("ships no file that names a fixture or reaches into the tests", async () => {
    const files = await shipped();
    expect(files).toEqual(expect.arrayContaining(["main.ts", "server.ts", "mcp-server/create-server.ts"]));
    for (const file of files) {
      const text = await readFile(join(root, file), "utf8");
      expect(text, file).not.toMatch(/["'`]test_[a-z]|test:\/\/|CONFORMANCE|from "[./]*test\//);
    }
    expect(await readFile(join(root, "main.ts"), "utf8")).not.toMatch(/fixtures|extras/);
  });
});

describe("the harness", () => {
  it("has them, beside the catalogue", async () => {
    const product = await startProduct({ MYSPINBOT_PREVIEW: "1" }, { mcp: conformanceFixtures() });
    try {
      const client = await connectHttp("v2 modern", new URL("/mcp", product.url));
      const names = (await client.tools()).map(({ name }) => name);
      expect(names.slice(0, createTools().length)).toEqual(createTools().map(({ name }) => name));
      expect(names).toContain("test_simple_text");
      await client.close();
    } finally {
      await product.close();
    }
  });
});
