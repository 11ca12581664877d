/** Sentences about voices, videos and clips in three languages, and what only looks like one. */
import { describe, expect, it } from "vitest";
import { newId } from "../../../core/ids.ts";
import { picture } from "../../../tools/testing/context.ts";
import type { Memory } from "../../memory/memory.ts";
import { jobRow } from "../../testing/studio.ts";
import { planByRules } from "../plan.ts";

const [sound, photo, drawn, film] = [newId("art"), newId("art"), newId("art"), newId("art")];
const [render, clip, voice] = [newId("job"), newId("job"), newId("job")];
const at = { origin: { conversation: "c", message: "m", ordinal: 0 }, state: "succeeded" } as const;
const known = [
  { kind: "voice" as const, name: "June", triggerWords: [], pictures: 0, id: "ast_0000000000000001", job: voice },
  { kind: "lora" as const, name: "Biskit", triggerWords: ["bsct dog"], pictures: 12, id: "ast_0000000000000002", job: voice },
];
const drawing = jobRow({
  id: render,
  tool: "render_image",
  input: { prompt: "a red fox", seed: 1, count: 1 },
  artifacts: [picture(drawn)],
  ...at,
});
const clipJob = jobRow({
  ...{ id: clip, tool: "make_clip", ...at },
  input: { script: "hello", stages: { picture: { tool: "render_image", input: { prompt: "a wizard" } } } },
  artifacts: [picture(film, { mediaType: "video/mp4" })],
  tree: { head: clip, stages: { voice, picture: render } },
});
const nothing: Memory = { attachments: [], jobs: [], known };
const withPicture: Memory = { ...nothing, jobs: [drawing] };
const withClip: Memory = { ...nothing, jobs: [drawing, clipJob] };
const recorded: Memory = { ...nothing, attachments: [sound], sounds: new Set([sound]) };
const both: Memory = { ...nothing, attachments: [photo, sound], sounds: new Set([sound]), others: new Set([sound]) };

const callsOf = (text: string, memory: Memory = nothing) => planByRules(text, memory).calls;

describe("is asked for with", () => {
  it.each<[string, string, object, Memory?]>([
    ["say good morning in June's voice", "speak", { text: "good morning", voice: "June" }],
    [`say "good morning to you all" in june's voice, seed 11`, "speak", { text: "good morning to you all", voice: "june", seed: 11 }],
    ["say good morning in June's voice, seed 11, slowly", "speak", { text: "good morning", voice: "June", seed: 11, speed: 0.8 }],
    ["di buenos días con la voz de June, semilla 11", "speak", { text: "buenos días", voice: "June", seed: 11 }],
    ['Please read this aloud slowly: "The end."', "speak", { text: "The end.", speed: 0.8 }],
    ['say "hello there. How are you?" as opus', "speak", { text: "hello there. How are you?", format: "opus" }],
    ["speak this text: one two three, in june's voice", "speak", { text: "one two three", voice: "june" }],
    ["sag guten Morgen mit der Stimme von June", "speak", { text: "guten Morgen", voice: "June" }],
    ['lies das vor: "Es war einmal."', "speak", { text: "Es war einmal." }],
    ["di buenos días con la voz de June", "speak", { text: "buenos días", voice: "June" }],
    ["clone this voice as june, it is June Carter", "clone_voice", { name: "june", person: "June Carter", audio: sound }, recorded],
    ["clone my voice", "clone_voice", { name: "me", person: "me", audio: sound }, recorded],
    ["klone meine Stimme als rob", "clone_voice", { name: "rob", person: "me", audio: sound }, recorded],
    ["clona esta voz como ana, es Ana López", "clone_voice", { name: "ana", person: "Ana López", audio: sound }, recorded],
    ["animate that", "render_video", { image: drawn }, withPicture],
    ["turn this picture into a 4 second video", "render_video", { image: drawn, seconds: 4 }, withPicture],
    ["make it move a lot", "render_video", { image: drawn, motion: 8 }, withPicture],
    ["make a 4 second video of a fox running, wide", "render_video", { prompt: "a fox running", seconds: 4, aspect: "wide" }],
    ["make a video of a fox running, seed 7", "render_video", { prompt: "a fox running", seed: 7 }],
    ["animiere das Bild", "render_video", { image: drawn }, withPicture],
    ["mach ein Video von einem Fuchs im Schnee, 3 Sekunden", "render_video", { prompt: "einem Fuchs im Schnee", seconds: 3 }],
    ["haz un vídeo de un zorro", "render_video", { prompt: "un zorro" }],
    ["upscale the video 2x", "upscale_video", { video: film, scale: 2 }, withClip],
    ["make her speak this", "lip_sync", { face: photo, audio: sound }, both],
    ["lip-sync this picture to that recording", "lip_sync", { face: photo, audio: sound }, both],
    ['make this picture say "hello you"', "make_clip", { script: "hello you", picture: drawn }, withPicture],
    [
      "Make a 5-second clip of biskit saying hello",
      "make_clip",
      { script: "hello", prompt: "biskit", seconds: 5, loras: [{ name: "Biskit" }] },
    ],
    [
      'make a clip of a wizard saying "welcome, friends" in june\'s voice, wide, no captions',
      "make_clip",
      { script: "welcome, friends", prompt: "a wizard", voice: "june", aspect: "wide", captions: false },
    ],
    ["mach einen Clip von einem Zauberer, der willkommen sagt", "make_clip", { script: "willkommen", prompt: "einem Zauberer" }],
    ["haz un clip de 5 segundos de un mago que dice hola", "make_clip", { script: "hola", prompt: "un mago", seconds: 5 }],
    ["redo the voice: say good evening instead", "reroll_job", { job_id: clip, text: "good evening" }, withClip],
    ["redo the voice", "reroll_job", { job_id: voice }, withClip],
    ["redo the picture", "reroll_job", { job_id: render }, withClip],
    ["say it slower", "reroll_job", { job_id: clip, speed: 0.8 }, withClip],
    ["say good night instead", "reroll_job", { job_id: clip, text: "good night" }, withClip],
    ["use June's voice instead", "reroll_job", { job_id: clip, voice: "June" }, withClip],
    ["make the clip 8 seconds", "reroll_job", { job_id: clip, seconds: 8 }, withClip],
    ["same clip but at night", "reroll_job", { job_id: clip, prompt: "a wizard, at night" }, withClip],
    ["more motion", "reroll_job", { job_id: clip, motion: 8 }, withClip],
    ["mach die Stimme nochmal", "reroll_job", { job_id: voice }, withClip],
    ["rehaz la voz: di buenas noches", "reroll_job", { job_id: clip, text: "buenas noches" }, withClip],
    ["show me june's voice", "edit_voice", { voice: "june" }],
    ["delete the voice june", "delete_asset", { asset: "june", kind: "voice" }],
    ["I revoke my consent for june", "delete_asset", { asset: "june", kind: "voice" }],
    ["lösche die Stimme von June", "delete_asset", { asset: "June", kind: "voice" }],
    ["borra la voz de June", "delete_asset", { asset: "June", kind: "voice" }],
  ])("%s", (text, tool, input, memory) => expect(callsOf(text, memory)).toEqual([{ tool, input }]));
});

describe("asks for what is missing with", () => {
  it.each<[string, RegExp, Memory?]>([
    ["clone my voice", /Attach the recording/],
    ["clone this voice as june", /Whose voice is it/, recorded],
    ["make a clip of a dog", /What is to be said in it/],
    ["animate that", /no picture here yet/],
    ["make her speak this", /Attach the recording/, withPicture],
    ["upscale the video", /no video here yet/],
  ])("%s", (text, words, memory) => {
    const { calls, text: said } = planByRules(text, memory ?? nothing);
    expect([calls, said]).toEqual([[], expect.stringMatching(words)]);
  });
});

describe("is not meant by", () => {
  it.each([
    ["draw a picture of a man clapping", "render_image"],
    ["draw clip art of a dog", "render_image"],
    ["draw a poster that says the voice of reason", "render_image"],
    ["draw a clip on a nail", "render_image"],
    ["draw a video game cover", "render_image"],
    ["same but at night", "reroll_job"],
  ])("%s", (text, tool) => expect(callsOf(text, withPicture).map((call) => call.tool)).toEqual([tool]));

  it.each([
    "say it",
    "she has a beautiful voice",
    "I saw a video of a fox",
    "can you say that again?",
    "delete the voice nobody",
    "what did he say in that clip?",
  ])("%s", (text) => expect(callsOf(text, withPicture).filter(({ tool }) => /speak|clip|video|voice|delete/.test(tool))).toEqual([]));
});
