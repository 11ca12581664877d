/** How far ffmpeg is: what `-progress` writes, a `key=value` a line. */

/** `00:01:02.500000` in seconds; undefined where it has nothing yet. */
function seconds(time: string): number | undefined {
  const parts = /^(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(time.trim());
  return parts ? Number(parts[1]) * 3600 + Number(parts[2]) * 60 + Number(parts[3]) : undefined;
}

/** Takes chunks however they are cut. */
export function progressReader(onSeconds: (seconds: number) => void): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const at = line.startsWith("out_time=") ? seconds(line.slice("out_time=".length)) : undefined;
      if (at !== undefined) onSeconds(at);
    }
  };
}
