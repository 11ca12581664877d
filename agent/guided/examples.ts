/** Requests and the fields that they mean, shown to the model before the real one. For a tool without any of its own, two are made from its schema. */
import type { Tool } from "../../core/tool.ts";
import type { Form } from "./fields.ts";

interface Example {
  request: string;
  fields: Record<string, string>;
}

const written: Record<string, Example[]> = {
  render_image: [
    { request: "my brother would love a picture of a green parrot on a swing, could you", fields: { prompt: "a green parrot on a swing" } },
    { request: "for my calendar, please paint an empty beach in autumn", fields: { prompt: "an empty beach in autumn" } },
    { request: "we need two photos of a blue door in a stone wall for the menu", fields: { prompt: "a blue door in a stone wall" } },
    { request: "so kind of you to draw a snowman melting in the desert today", fields: { prompt: "a snowman melting in the desert" } },
    { request: "wir hätten gern ein Bild von einem roten Traktor auf dem Feld", fields: { prompt: "ein roter Traktor auf dem Feld" } },
    { request: "nos vendría bien una imagen de un barco pequeño en el hielo", fields: { prompt: "un barco pequeño en el hielo" } },
  ],
};

/** For negative prompts and words of lists, which are asked for only where a request holds them. */
const more: Record<string, Example> = {
  negative_prompt: {
    request: "please let us have a picture of a quiet square without cars in it",
    fields: { prompt: "a quiet square", negative_prompt: "cars" },
  },
};

const sentences: [request: (command: string) => string, words: string][] = [
  [(command) => `please ${command} the old bridge over the river, thanks`, "the old bridge over the river"],
  [(command) => `${command} for us: three green apples on a table`, "three green apples on a table"],
];

function made(tool: Tool, form: Form): Example[] {
  return sentences.map(([request, words]) => ({
    request: request(tool.alias),
    fields: Object.fromEntries(form.text.map((name) => [name, words])),
  }));
}

/** Each answers in all fields of the form; what a request says nothing of is empty. */
export function examplesFor(tool: Tool, form: Form): Example[] {
  const extra = form.optional.flatMap((name) => more[name] ?? []);
  const names = [...form.text, ...form.optional, ...Object.keys(form.choices)];
  return [...(written[tool.name] ?? made(tool, form)), ...extra].map(({ request, fields }) => ({
    request,
    fields: Object.fromEntries(names.map((name) => [name, fields[name] ?? ""])),
  }));
}
