/** ComfyUI, GPT-SoVITS, SadTalker and Wav2Lip: every tool by every way in. */

import type { House } from "./house.ts";
import { consentBy, type Expected, seen, silentFilm, soundFilm, speech } from "./judge.ts";
import { face, film, recordings, shortFilm } from "./media.ts";
import type { Way } from "./table.ts";

const june = /June Carter/;
const sovits = { engine: "gpt-sovits", family: "gpt-sovits", plays: speech } as const;
const comfyMotion = { engine: "comfyui", family: "comfy-wan", plays: silentFilm } as const;
// what a person brought stays what it was: larger is not generated
const comfyUpscale = { engine: "comfyui", family: "comfy-upscale", plays: soundFilm, generated: false } as const;
const sadtalker = { engine: "gpu-host", family: "gpu-host-lips", program: "sadtalker", plays: soundFilm } as const;
const wav2lip = { ...sadtalker, program: "wav2lip", notes: /non-commercial/i } as const;
const voiceBy = (way: Way): Expected => ({ ...sovits, consent: consentBy("voice", way) });
const faceBy = (way: Way, expected: Expected): Expected => ({ ...expected, consent: consentBy("face", way) });

export async function voices(house: House): Promise<void> {
  const audio = await house.upload("june.wav", (await recordings()).june);
  const wish = (name: string) => ({
    tool: "clone_voice",
    input: { name, audio, person: "June Carter", seed: 7 },
    ...{ words: `clone this voice as ${name}, it is June Carter`, attachments: [audio], agrees: june },
  });
  for (const [way, name] of [
    ["chat", "june"],
    ["MCP form", "junia"],
    ["HTTP", "juno"],
  ] as const)
    await seen(house, way, wish(name), voiceBy(way));
  for (const [way, text] of [
    ["chat", "good evening"],
    ["MCP form", "good night"],
    ["HTTP", "goodbye for now"],
  ] as const)
    await seen(house, way, { tool: "speak", input: { text, voice: "june" }, words: `say ${text} in june's voice` }, sovits);
  house.checks.check(
    "GPT-SoVITS was handed a recording that it could read each time",
    house.gptSovits?.asked.every(({ seconds }) => seconds !== undefined && seconds >= 3 && seconds <= 10) === true,
    house.gptSovits?.asked.map(({ seconds }) => seconds),
  );
}

export async function films(house: House): Promise<void> {
  const [picture, short] = [await house.upload("june.png", await face()), await house.upload("short.mp4", await shortFilm())];
  const wish = { tool: "render_video", input: { image: picture, seconds: 2 }, words: "animate this picture", attachments: [picture] };
  await seen(house, "chat", { ...wish, words: "make a 2 second video of a fox running, wide", attachments: [] }, comfyMotion);
  await seen(house, "MCP form", wish, comfyMotion);
  await seen(house, "HTTP", { ...wish, input: { prompt: "a fox running", seconds: 2 } }, comfyMotion);
  const larger = { tool: "upscale_video", input: { video: short, scale: 2 }, words: "upscale this video 2x", attachments: [short] };
  for (const way of ["chat", "MCP form", "HTTP"] as const) await seen(house, way, larger, comfyUpscale);
}

export async function faces(house: House): Promise<void> {
  const { word } = await recordings();
  const [picture, moving, sound] = [
    await house.upload("june.png", await face()),
    await house.upload("june.mp4", await film(2)),
    await house.upload("word.wav", word),
  ];
  const wish = (shown: string, what: string) => ({
    tool: "lip_sync",
    input: { face: shown, audio: sound, person: "June Carter", seed: 3 },
    ...{ words: `lip-sync this ${what} to that recording`, attachments: [shown, sound], agrees: /face/ },
  });
  for (const way of ["chat", "MCP page", "HTTP"] as const) await seen(house, way, wish(picture, "picture"), faceBy(way, sadtalker));
  for (const way of ["chat", "MCP form", "HTTP"] as const) await seen(house, way, wish(moving, "video"), faceBy(way, wav2lip));
}

export async function clips(house: House): Promise<void> {
  const expected: Expected = { engine: "clips", family: "clips", plays: soundFilm, notes: /non-commercial/i };
  const input = { script: "welcome, friends", prompt: "a wizard", voice: "june", person: "June Carter" };
  const wish = { tool: "make_clip", input, words: `make a clip of a wizard saying "welcome, friends" in june's voice`, agrees: /face/ };
  for (const way of ["chat", "MCP form", "HTTP"] as const) {
    const clip = await seen(house, way, wish, faceBy(way, expected));
    const stages = await Promise.all(
      Object.entries(clip.stages ?? {}).map(async ([name, id]) => `${name} ${(await house.product.client.job(id)).engine}`),
    );
    house.checks.check(
      `make_clip, ${way}: every stage was made by a real engine`,
      stages.sort().join() === "lips gpu-host,motion comfyui,picture comfyui,voice gpt-sovits",
      stages,
    );
  }
}
