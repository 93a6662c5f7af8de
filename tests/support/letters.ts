/** Letters of 5 × 7 dots, a row a number. */
const font: Record<string, number[]> = {
  A: [14, 17, 17, 31, 17, 17, 17], C: [14, 17, 16, 16, 16, 17, 14], D: [30, 17, 17, 17, 17, 17, 30], E: [31, 16, 16, 30, 16, 16, 31], H: [17, 17, 17, 31, 17, 17, 17], I: [14, 4, 4, 4, 4, 4, 14], J: [7, 2, 2, 2, 2, 18, 12],
  M: [17, 27, 21, 21, 17, 17, 17], N: [17, 25, 21, 19, 17, 17, 17], O: [14, 17, 17, 17, 17, 17, 14], R: [30, 17, 17, 30, 20, 18, 17], S: [15, 16, 16, 14, 1, 1, 30], T: [31, 4, 4, 4, 4, 4, 4], "1": [4, 12, 4, 4, 4, 4, 14], "9": [14, 17, 17, 15, 1, 2, 12], "6": [6, 8, 16, 30, 17, 17, 14],
};
/** Writes a text into a picture, each dot `scale` pixels wide, from its top left corner. */
export function write(values: Int16Array, width: number, text: string, left: number, top: number, scale: number, value: number): void {
  for (const [n, letter] of [...text].entries()) for (let row = 0; row < 7; row++) for (let column = 0; column < 5; column++) {
    if (!((font[letter]?.[row] ?? 0) >> (4 - column) & 1)) continue;
    for (let dy = 0; dy < scale; dy++) for (let dx = 0; dx < scale; dx++) values[left + scale * (6 * n + column) + dx + width * (top + scale * row + dy)] = value;
  }
}
