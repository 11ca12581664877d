/** Commands of the tools for voices, videos and clips: files by kind, and stages by name. */
import { expect, it } from "vitest";
import { createTools } from "../../tools/index.ts";
import { picture } from "../../tools/testing/context.ts";
import type { Memory } from "../memory/memory.ts";
import { jobRow } from "../testing/studio.ts";
import { planSlash } from "./plan.ts";

const made = (id: string, tool: string, mediaType: string) =>
  jobRow({ id: `job_${id}`, tool, state: "succeeded", input: {}, artifacts: [picture(`art_${id}`, { mediaType })] });
const memory: Memory = {
  attachments: [],
  jobs: [made("drawn", "render_image", "image/png"), made("said", "speak", "audio/mpeg"), made("moved", "render_video", "video/mp4")],
};

it.each<[string, string, object]>([
  ["/say good morning, everyone", "speak", { text: "good morning, everyone" }],
  ["/say hello --voice june --speed 0.8 --format opus", "speak", { text: "hello", voice: "june", speed: 0.8, format: "opus" }],
  ['/clone june --audio that --person "June Carter"', "clone_voice", { name: "june", audio: "art_said", person: "June Carter" }],
  ['/clone june --audio "that video" --person me', "clone_voice", { name: "june", audio: "art_moved", person: "me" }],
  ["/video a fox --seconds 4", "render_video", { prompt: "a fox", seconds: 4 }],
  ["/video --image that --motion 8", "render_video", { image: "art_drawn", motion: 8 }],
  ["/upscale_video that 4x", "upscale_video", { video: "art_moved", scale: 4 }],
  ['/lips that "the recording"', "lip_sync", { face: "art_moved", audio: "art_said" }],
  ["/clip hello you --prompt wizard --captions no", "make_clip", { script: "hello you", prompt: "wizard", captions: false }],
  ["/voice june", "edit_voice", { voice: "june" }],
])("%s", (line, tool, input) => expect(planSlash(line, createTools(), memory).calls).toEqual([{ tool, input }]));
