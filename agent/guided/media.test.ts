/** Videos, clips and speech in looser words than the rules know: what is recognised, what the model may fill in, and what is left alone. */
import { afterEach, describe, expect, it } from "vitest";
import { createTestChat, doneOf, textOf } from "../testing/chat.ts";
import { type Filler, startFiller } from "../testing/fillers.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function start(fields: Record<string, string> | Filler) {
  const { ollama, model } = await startFiller(typeof fields === "function" ? fields : (field) => fields[field] ?? "");
  closing.push(ollama.close);
  return { ollama, chat: createTestChat({ model }) };
}
const invokedBy = async (text: string, fields: Record<string, string>) => {
  const { chat, ollama } = await start(fields);
  const parts = await chat.turn(text);
  return { calls: chat.studio.invoked.map(({ tool, input }) => ({ tool, input })), asked: ollama.chats().length, parts };
};

describe("in looser words, with the words that a model finds in them", () => {
  it.each<[string, Record<string, string>, string, object]>([
    [
      "could I trouble you for a 4 second video of a baker at dawn, wide?",
      { prompt: "a baker at dawn" },
      "render_video",
      { prompt: "a baker at dawn", seconds: 4, aspect: "wide" },
    ],
    [
      "my niece would love a short film of an otter on a slide",
      { prompt: "an otter on a slide" },
      "render_video",
      { prompt: "an otter on a slide" },
    ],
    [
      "wir hätten gern ein kurzes Video von einem Otter auf der Rutsche",
      { prompt: "ein Otter auf der Rutsche" },
      "render_video",
      { prompt: "ein Otter auf der Rutsche" },
    ],
    [
      "nos vendría bien un vídeo de una nutria en el tobogán",
      { prompt: "una nutria en el tobogán" },
      "render_video",
      { prompt: "una nutria en el tobogán" },
    ],
    [
      "my boss would love a clip of a wizard saying happy birthday Carla",
      { prompt: "a wizard", script: "happy birthday Carla" },
      "make_clip",
      { prompt: "a wizard", script: "happy birthday Carla" },
    ],
    [
      "wir bräuchten einen Clip von einem Zauberer, der alles Gute Carla sagt",
      { prompt: "ein Zauberer", script: "alles Gute Carla" },
      "make_clip",
      { prompt: "ein Zauberer", script: "alles Gute Carla" },
    ],
  ])("%s", async (text, fields, tool, input) => {
    const { calls, asked, parts } = await invokedBy(text, fields);
    expect([calls, parts.filter(({ type }) => type === "error")]).toEqual([[{ tool, input }], []]);
    expect([asked, doneOf(parts).planner]).toEqual([1, "guided"]);
  });

  it("a quotation is spoken as it stands, without asking the model", async () => {
    const { calls, asked } = await invokedBy('be an angel, please say for us "hello, you there" in other\'s voice, slowly', {});
    expect([calls, asked]).toEqual([[{ tool: "speak", input: { text: "hello, you there", voice: "other", speed: 0.8 } }], 0]);
  });

  it("what the model makes up is not said: the person is asked", async () => {
    const { calls, parts } = await invokedBy("my boss would love a clip of a wizard saying happy birthday Carla", {
      ...{ prompt: "a wizard", script: "I resign at once" },
    });
    expect(calls).toEqual([]);
    expect(textOf(parts)).toMatch(/did not understand all of that/);
  });
});

describe("no wish for any of it is", () => {
  it.each([
    "I would love to know why a video of a fox costs so much",
    "please don't make a video of my house",
    "a video of my dog was stolen and I need it",
    "I need a video of the meeting tomorrow",
    'why did he say "hello"?',
    'my teacher said please say "hello"',
    "Wir hätten gern kein Video von einer Katze",
    "video game cover art would be nice",
  ])("%s", async (text) => {
    const { calls, asked } = await invokedBy(text, { prompt: "a fox", script: "hello" });
    expect([calls, asked]).toEqual([[], 0]);
  });
});
