/** Which program it is that answers, where it is not the one that was expected: addresses are swapped more often than anything else. */
import { type Answer, type Asked, field, isSilence, look } from "./look.ts";
import { comfyui, openai } from "./program.ts";

const marks: [name: string, path: string, is: (answer: Answer) => boolean][] = [
  ["ComfyUI", comfyui.path, ({ body }) => comfyui.is(body)],
  ["MySpinBot", "/healthz", ({ body }) => field(body, "name") === "myspinbot"],
  ["Open WebUI", "/api/config", ({ body }) => typeof field(body, "version") === "string" && field(body, "features") !== undefined],
  ["Ollama", "/", ({ text }) => text.startsWith("Ollama is running")],
  [openai.name, "/v1/models", ({ status, body }) => status === 200 && Array.isArray(field(body, "data"))],
];

function titleOf(text: string): string | undefined {
  return /<title[^>]*>([^<]{1,200})/i.exec(text)?.[1]?.replace(/\s+/g, " ").trim().slice(0, 60);
}

/** In words that follow "it is": the address's own root is asked, wherever the setting points below it. */
export async function identify(address: string, asked: Pick<Asked, "via"> = {}): Promise<{ name: string; known: boolean }> {
  const { origin } = new URL(address);
  const answers = await Promise.all(marks.map(([, path]) => look(origin, path, asked)));
  const found = marks.find(([, , is], at) => {
    const answer = answers[at];
    return answer !== undefined && !isSilence(answer) && is(answer);
  });
  if (found) return { name: found[0], known: true };
  const root = answers[marks.findIndex(([, path]) => path === "/")];
  const title = root && !isSilence(root) ? titleOf(root.text) : undefined;
  const page = root && !isSilence(root) && /^\s*</.test(root.text) ? "a web page" : "another program";
  return { name: title ? `a web page named "${title}"` : page, known: false };
}
