/** Rates of frames as ffmpeg takes them. */

/** `24000/1001` for 23.976, so that a long video does not drift from its sound. */
export function rateText(fps: number): string {
  const base = Math.round(fps);
  const broadcast = (base * 1000) / 1001;
  return Math.abs(fps - broadcast) < 0.002 && Math.abs(fps - base) > 0.002 ? `${base * 1000}/1001` : String(Math.round(fps * 1000) / 1000);
}
