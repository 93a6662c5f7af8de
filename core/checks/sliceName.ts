const axes = ["x", "y", "z"] as const;

/**
 * What a slice is called where its file must not be named: by Instance Number and position, as a viewer of DICOM shows both:
 * «image 31 at z 146.0 mm». The position (RAS mm) is told along the axis that the slices are stacked by, to a tenth of a
 * millimetre. The page and the import call a slice alike. @param position LPS mm; @param orientation row, then column direction
 * @returns null where the file tells neither number nor position
 */
export function sliceName(instanceNumber: number | null, position: readonly number[] | null, orientation: readonly number[]): string | null {
  const place = position && placeOf(position, orientation);
  if (instanceNumber === null) return place && `the image ${place}`;
  return `image ${instanceNumber}${place ? ` ${place}` : ""}`;
}

/** The same for a frame of a file with several. @param index from 0 */
export function frameName(instanceNumber: number | null, index: number, position: readonly number[], orientation: readonly number[]): string {
  const place = placeOf(position, orientation);
  return `${instanceNumber === null ? "" : `image ${instanceNumber} `}frame ${index + 1}${place ? ` ${place}` : ""}`;
}

function placeOf(position: readonly number[], [a = NaN, b = NaN, c = NaN, d = NaN, e = NaN, f = NaN]: readonly number[]): string | null {
  const normal = [b * f - c * e, c * d - a * f, a * e - b * d], axis = [0, 1, 2].reduce((best, at) => Math.abs(normal[at]) > Math.abs(normal[best]) ? at : best, 2);
  if (!Number.isFinite(position[axis])) return null;
  return `at ${axes[axis]} ${(Math.round((axis === 2 ? 1 : -1) * position[axis] * 10) / 10 + 0).toFixed(1)} mm`;
}
