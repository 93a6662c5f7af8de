/** Words for what is counted, in the singular: «1 slice». Units of measure stay as they are. */
const singular: Readonly<Record<string, string>> = { slices: "slice", parts: "part", faults: "fault", images: "image", days: "day", files: "file" };

/** A measured number as text, to two decimals, with a true minus sign: −999, 0.25. */
export function formatNumber(value: number, decimals = 2): string {
  return String(Number(value.toFixed(decimals))).replace("-", "−");
}

/** A number with its unit: «0.25 mm», «7°», «1 slice», «−999 HU». */
export function formatQuantity(value: number, unit: string | null, decimals = 2): string {
  const number = formatNumber(value, decimals);
  if (!unit) return number;
  return unit === "°" ? `${number}°` : `${number} ${number === "1" ? singular[unit] ?? unit : unit}`;
}
