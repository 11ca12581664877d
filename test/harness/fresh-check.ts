/** Looks at what the README's first command printed and made: progress, two PNGs with their recipes, the sizes. Arguments: the output, then the clone. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pngTexts, stripPng } from "../../platform/media/png.ts";
import { createChecks } from "./checks.ts";

const [output = "", clone = ""] = process.argv.slice(2);
const checks = createChecks();
const said = readFileSync(output, "utf8");

interface Picture {
  width: number;
  height: number;
  /** Without any text: what a viewer sees. */
  pixels: string;
  recipe: { tool?: string; preview?: boolean; engine?: { id: string } };
  texts: string[];
}

function look(path: string): Picture {
  const bytes = readFileSync(path);
  const texts = pngTexts(bytes);
  const recipe = JSON.parse(texts.get("myspinbot") ?? "{}") as Picture["recipe"];
  const pixels = Buffer.from(stripPng(bytes)).toString("base64");
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), pixels, recipe, texts: [...texts.keys()] };
}

const turns = said.split(/^(?=New conversation|Conversation )/m).slice(1);
checks.check("a conversation of two turns", turns.length === 2, said);
for (const [index, turn] of turns.entries()) {
  const values = [...turn.matchAll(/^\s*(\d+) %/gm)].map((found) => Number(found[1]));
  const rising = values.every((value, at) => at === 0 || value >= (values[at - 1] ?? 0)) && new Set(values).size >= 3;
  checks.check(`turn ${index + 1} shows at least three rising progress values (${values.join(", ")})`, rising, turn);
}
const paths = [...said.matchAll(/^(\/\S+\.png)$/gm)].map((found) => found[1] ?? "");
checks.check("it printed two paths", paths.length === 2, said);
const [first, second] = paths.map(look);
if (!first || !second) process.exit(checks.end());

const comfyui = await fetch("http://127.0.0.1:8188/system_stats", { signal: AbortSignal.timeout(2000) }).then(
  (response) => response.ok,
  () => false,
);
if (comfyui) checks.note("a ComfyUI answers on this machine, so the first picture is no preview");
else
  checks.check(
    "the first is marked PREVIEW, in words and in its recipe",
    first.recipe.preview === true && (turns[0] ?? "").includes("PREVIEW"),
    first.recipe,
  );
checks.check(`the first is wide (${first.width}x${first.height})`, first.width > first.height);
checks.check(
  `the second is exactly twice its size (${second.width}x${second.height})`,
  second.width === 2 * first.width && second.height === 2 * first.height,
);
checks.check("each has its recipe inside", first.recipe.tool === "render_image" && second.recipe.tool === "upscale_image", [
  first.texts,
  second.texts,
]);

const run = (out: string, text: string): string => {
  const main = join(clone, "dist", "main.js");
  const lines = execFileSync(process.execPath, [main, "chat", "--json", "--new", "--out", out, text], {
    encoding: "utf8",
    cwd: clone,
  }).split("\n");
  const saved = lines.find((line) => line.includes('"saved"'));
  if (!saved) throw new Error(lines.join("\n"));
  return look((JSON.parse(saved) as { path: string }).path).pixels;
};
const fox = run("others", "/render a red fox --seed 7 --size 320x256");
checks.check("other words give another picture", run("others", "/render a blue heron --seed 7 --size 320x256") !== fox);
checks.check("the same words and seed give the same picture", run("again", "/render a red fox --seed 7 --size 320x256") === fox);
process.exit(checks.end());
