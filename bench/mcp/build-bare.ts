/** The bare server as plain JavaScript: what runs TypeScript would be measured with it. */
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command, root } from "../../test/harness/product.ts";

export interface Built {
  main: string;
  end(): Promise<void>;
}

export async function buildBare(): Promise<Built> {
  const folder = await mkdtemp(join(tmpdir(), "spin-bare-mcp-"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  const settings = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      rewriteRelativeImportExtensions: true,
      rootDir: join(root, "bench"),
      outDir: folder,
      incremental: false,
    },
    include: [],
    files: [join(root, "bench/mcp-bare-main.ts")],
  };
  const config = join(folder, "tsconfig.json");
  await writeFile(config, JSON.stringify(settings));
  const tsc = command(join(root, "node_modules/.bin/tsc"), ["-p", config], { cwd: root, env: process.env });
  if ((await tsc.ended) !== 0) throw new Error(`the bare server does not build: ${tsc.stdout}${tsc.stderr}`);
  return { main: join(folder, "mcp-bare-main.js"), end: () => rm(folder, { recursive: true, force: true }) };
}
