/** Pixels of each side of what the detector looks at. */
export const detectorSide = 416;
