/** Colours: pictures are RGB, videos are not; said in the file, so that no player guesses. */

/** A filter that ends in yuv420p of BT.709. */
export const toBt709 = "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p";

export const bt709Tags: readonly string[] = [
  ...["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"],
];
