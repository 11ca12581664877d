/** Talking faces by SadTalker (pictures) and Wav2Lip (videos, only where gpu-host was told to) under gpu-host. */
import type { LipsCapability } from "../../../../core/ports/video.ts";
import { isReady, sadtalker, wav2lip } from "../hosted.ts";
import type { LipsParts } from "./parts.ts";
import { checkLips, planLips } from "./plan.ts";
import { syncLips } from "./sync.ts";

export function createLips(parts: LipsParts): LipsCapability {
  return {
    /** As gpu-host was last seen; pictures before it ever was. */
    get takes() {
      const videos = isReady(parts.known, wav2lip) ? (["video"] as const) : [];
      return isReady(parts.known, sadtalker) || videos.length === 0 ? (["picture", ...videos] as const) : videos;
    },
    plan: (request, sources, open) => planLips(parts, request, sources, open),
    check: (request, run) => checkLips(parts, request, run),
    sync: (request, run) => syncLips(parts, request, run),
  };
}
