/** What ffmpeg hears of our surroundings. */

/** No secret of ours reaches a program that reads what people bring. */
export function environment(): Record<string, string> {
  const { PATH, LD_LIBRARY_PATH, DYLD_LIBRARY_PATH, SystemRoot } = process.env;
  return {
    ...(PATH ? { PATH } : {}),
    ...(LD_LIBRARY_PATH ? { LD_LIBRARY_PATH } : {}),
    ...(DYLD_LIBRARY_PATH ? { DYLD_LIBRARY_PATH } : {}),
    ...(SystemRoot ? { SystemRoot } : {}),
    // its messages are read, and numbers have a point
    LC_ALL: "C",
    AV_LOG_FORCE_NOCOLOR: "1",
  };
}
