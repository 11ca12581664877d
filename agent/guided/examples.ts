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
  render_video: [
    { request: "my sister would love a video of a boat leaving the harbour", fields: { prompt: "a boat leaving the harbour" } },
    { request: "could we please have a film of rain on a tin roof for the talk", fields: { prompt: "rain on a tin roof" } },
    { request: "wir hätten gern ein Video von einer Katze am Fenster", fields: { prompt: "eine Katze am Fenster" } },
    { request: "nos vendría bien un vídeo de un tren en la nieve", fields: { prompt: "un tren en la nieve" } },
  ],
  make_clip: [
    {
      request: "my aunt would love a clip of an old sailor saying land ahoy everyone",
      fields: { script: "land ahoy everyone", prompt: "an old sailor" },
    },
    {
      request: "wir bräuchten einen Clip von einer Lehrerin, die guten Morgen Klasse sagt",
      fields: { script: "guten Morgen Klasse", prompt: "eine Lehrerin" },
    },
    {
      request: "quisiera un clip de un cocinero que dice la sopa está lista",
      fields: { script: "la sopa está lista", prompt: "un cocinero" },
    },
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
