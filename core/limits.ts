/** Limits are configuration; an error that meets one names the setting that moves it. */
export interface Limits {
  /** Longest side of a rendered picture in pixels. `MYSPINBOT_MAX_SIDE` */
  maxSide: number;
  /** Width × height of one rendered picture. `MYSPINBOT_MAX_PIXELS` */
  maxPixels: number;
  /** Pixels of an upscaled picture. `MYSPINBOT_MAX_UPSCALED_PIXELS` */
  maxUpscaledPixels: number;
  /** Characters of a prompt. `MYSPINBOT_MAX_PROMPT` */
  maxPrompt: number;
  /** Bytes of an uploaded file. `MYSPINBOT_MAX_UPLOAD` */
  maxUpload: number;
  /** Jobs of one principal that may wait at once. `MYSPINBOT_MAX_WAITING` */
  maxWaiting: number;
  /** Minutes of the card above which a person is asked first; 0 = never. `MYSPINBOT_ASK_ABOVE_MINUTES` */
  askAboveMinutes: number;
}

export const defaultLimits: Limits = {
  maxSide: 2048,
  maxPixels: 2048 * 2048,
  maxUpscaledPixels: 64_000_000,
  maxPrompt: 4000,
  maxUpload: 500_000_000,
  maxWaiting: 200,
  askAboveMinutes: 30,
};

/** Characters that are spoken in one job: about twenty minutes. */
export const maxSpeech = 20_000;
/** Seconds of a clip. */
export const maxClipSeconds = 120;

/** Bytes of one picture: it is read whole, to be looked into. `maxUpload` where that is less. */
const maxPictureBytes = 50_000_000;
/** Files of one chat message. */
export const maxAttachments = 500;
/** Characters of one chat message. */
export const maxText = 32_000;

export const pictureLimit = ({ maxUpload }: Limits): number => Math.min(maxUpload, maxPictureBytes);

/** Such as `500 MB`. */
export function bytesWords(bytes: number): string {
  if (bytes < 10_000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${Math.floor(bytes / 1000)} kB` : `${Math.floor(bytes / 1_000_000)} MB`;
}
