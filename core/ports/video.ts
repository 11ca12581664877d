/** Engines for moving pictures: a picture moves, a video grows, a face speaks, and the pieces become one clip. */
import type { Source } from "../source.ts";
import type { Run } from "./engine.ts";
import type { Opener } from "./sound.ts";

export interface MotionRequest {
  /** Picture to start from: artifact id or a stage's reference. Absent where the engine makes videos of words alone. */
  image?: string;
  /** May be empty where there is a picture. */
  prompt: string;
  negativePrompt: string;
  width: number;
  height: number;
  /** Frames in all, and a second. */
  frames: number;
  fps: number;
  /** 1 (hardly any) to 10. */
  motion: number;
  seed: number;
  steps: number;
  model: string;
}

export type MotionWish = Pick<MotionRequest, "prompt" | "negativePrompt" | "seed"> &
  Partial<Pick<MotionRequest, "image" | "width" | "height" | "fps" | "motion" | "steps" | "model">> & {
    seconds?: number;
    aspect?: string;
  };

export interface MotionPlan {
  request: MotionRequest;
  family: string;
  vramGb: number;
  /** Of the video that comes. */
  seconds: number;
  /** What a person should know: the model's licence, a length that was cut to what the model can. */
  notes: string[];
}

export interface MotionCapability {
  /** Whether it makes videos of words alone with some model that is there. */
  fromWords(): Promise<boolean>;
  /** @param image size of the picture, where there is one. Failures: `unknown_model`, `invalid_input`. */
  plan(wish: MotionWish, image?: { width: number; height: number }): Promise<MotionPlan>;
  /** Saves one MP4 (H.264, yuv420p, index first) with its poster frame. */
  render(request: MotionRequest, run: Run): Promise<void>;
}

export interface VideoUpscaleRequest {
  video: string;
  scale: 2 | 4;
}

export interface VideoUpscaleCapability {
  /** Failure `invalid_input` or `limit_exceeded` for one that is too long or too large, with the limits. */
  plan(request: VideoUpscaleRequest, source: Source): Promise<{ family: string; vramGb: number; model: string; notes: string[] }>;
  /** In chunks of frames; the sound stays as it is. */
  upscale(request: VideoUpscaleRequest, run: Run): Promise<void>;
}

export interface LipsRequest {
  /** Picture or video with one face. */
  face: string;
  /** Which face from the left, from 1, where there are several; 0 = there is one. */
  who: number;
  sound: string;
  /** Frames of a video without a face: `keep` = they stay as they are, `stop` = it is refused. */
  faceless: "keep" | "stop";
  /** A picture: less movement of the head. */
  still: boolean;
  seed: number;
}

export interface LipsPlan {
  family: string;
  vramGb: number;
  /** Of the video that comes: those of the sound. */
  seconds: number;
  width: number;
  height: number;
  notes: string[];
}

export interface LipsCapability {
  /** What `face` may be. */
  readonly takes: readonly ("picture" | "video")[];
  /** Looks for faces in what is there already. Failure `invalid_input`: no face, several and none chosen, no sound, too long, a video where only pictures are taken. */
  plan(request: LipsRequest, sources: { face: Source; sound: Source }, open: Opener): Promise<LipsPlan>;
  /** The same look at files that were not there when it was planned; before the card is taken. */
  check(request: LipsRequest, run: Run): Promise<void>;
  /** Saves one MP4 with the sound and its poster frame. */
  sync(request: LipsRequest, run: Run): Promise<void>;
}

export interface ClipRequest {
  /** Video, or a picture that is shown for the whole time. */
  picture: string;
  /** Speech, laid over it from the start; its own sound where there is none. */
  sound?: string;
  /** Seconds of the clip; a video that is shorter stands still at its end, one that is longer is cut. */
  seconds: number;
  /** What is said, shown as captions over the time of the speech; none where it is absent. */
  captions?: { text: string; language: string };
}

export interface ClipCapability {
  plan(
    request: ClipRequest,
    sources: { picture: Source; sound?: Source },
  ): Promise<{ family: string; vramGb: number; width: number; height: number }>;
  /** Saves one MP4 (H.264, yuv420p, AAC, index first) with captions as a text track and burned in, and its poster frame. */
  join(request: ClipRequest, run: Run): Promise<void>;
}
