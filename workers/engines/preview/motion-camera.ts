/** The move of a camera over a still picture: the same seed and motion always give the same one. */

export interface Move {
  name: "in" | "out" | "left" | "right" | "up" | "down";
  /** How much closer it comes, or how far it goes: 0.03 to 0.3 of the picture. */
  reach: number;
}

const names: readonly Move["name"][] = ["in", "out", "left", "right", "up", "down"];

/** @param motion 1 to 10. */
export function moveOf(seed: number, motion: number): Move {
  return { name: names[seed % names.length] ?? "in", reach: Math.round(motion * 3) / 100 };
}

/** ffmpeg's zoompan for one still picture; `on` is the number of the frame. */
export function zoomFilter({ name, reach }: Move, size: { width: number; height: number; frames: number; fps: number }): string {
  const { width, height, frames, fps } = size;
  const part = `(on/${Math.max(1, frames - 1)})`;
  const back = `(1-${part})`;
  const zoom = name === "in" ? `1+${reach}*${part}` : name === "out" ? `1+${reach}*${back}` : `${1 + reach}`;
  const across = { left: back, right: part }[name as string] ?? "0.5";
  const down = { up: back, down: part }[name as string] ?? "0.5";
  return `zoompan=z='${zoom}':x='(iw-iw/zoom)*${across}':y='(ih-ih/zoom)*${down}':d=${frames}:s=${width}x${height}:fps=${fps}`;
}
