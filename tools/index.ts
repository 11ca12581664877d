/** The catalogue: every tool of the product, in the order in which faces show them. A new capability is one file beside this one and one line here. */
import type { Tool } from "../core/tool.ts";
import { cancelJob } from "./cancel-job.ts";
import { cloneVoice } from "./clone-voice.ts";
import { deleteAsset } from "./delete-asset.ts";
import { editDataset } from "./edit-dataset.ts";
import { editVoice } from "./edit-voice.ts";
import { getJob } from "./get-job.ts";
import { lipSync } from "./lip-sync.ts";
import { listAssets } from "./list-assets.ts";
import { listJobs } from "./list-jobs.ts";
import { listModels } from "./list-models.ts";
import { makeClip } from "./make-clip.ts";
import { makeDataset } from "./make-dataset.ts";
import { pause } from "./pause.ts";
import { renameAsset } from "./rename-asset.ts";
import { renderImage } from "./render-image.ts";
import { renderVideo } from "./render-video.ts";
import { rerollJob } from "./reroll-job.ts";
import { resume } from "./resume.ts";
import { retryJob } from "./retry-job.ts";
import { speak } from "./speak.ts";
import { steerTraining } from "./steer-training.ts";
import { trainLora } from "./train-lora.ts";
import { upscaleImage } from "./upscale-image.ts";
import { upscaleVideo } from "./upscale-video.ts";
import { waitForJob } from "./wait-for-job.ts";

export function createTools(): readonly Tool[] {
  const media = [speak, cloneVoice, editVoice, renderVideo, upscaleVideo, lipSync, makeClip];
  const training = [makeDataset, editDataset, trainLora, steerTraining, listAssets, renameAsset, deleteAsset];
  return [
    renderImage,
    upscaleImage,
    ...media,
    ...training,
    listModels,
    getJob,
    listJobs,
    waitForJob,
    cancelJob,
    retryJob,
    rerollJob,
    pause,
    resume,
  ];
}
