/** What can be said next to a sound, a video or a clip that is there. */
import type { JobWithArtifacts } from "../../core/job.ts";

const steps: Record<string, string> = {
  speak: 'Say "another take", "say it slower" or "use june\'s voice instead", for example.',
  render_video: 'Say "upscale the video", "make the video 6 seconds" or "more motion", for example.',
  lip_sync: 'Say "upscale the video", for example.',
  make_clip: 'Say "redo the voice", "say good evening instead", "same but at night" or "upscale the clip", for example.',
};

/** None for a job that is not done, and for other tools. */
export function nextSteps({ tool, state, artifacts }: JobWithArtifacts): string[] {
  const words = state === "succeeded" && artifacts.length > 0 ? steps[tool] : undefined;
  return words === undefined ? [] : [words];
}
