/** Digits as dots, so that a machine without any font numbers pictures too. */

export const digitHeight = 7;
const digitWidth = 5;
/** Dots from one digit to the next. */
const pitch = digitWidth + 1;

/** Five bits a row, from the top. */
const rows = [
  [14, 17, 19, 21, 25, 17, 14],
  [4, 12, 4, 4, 4, 4, 14],
  [14, 17, 1, 2, 4, 8, 31],
  [31, 2, 4, 2, 1, 17, 14],
  [2, 6, 10, 18, 31, 2, 2],
  [31, 16, 30, 1, 1, 17, 14],
  [6, 8, 16, 30, 17, 17, 14],
  [31, 1, 2, 4, 8, 8, 8],
  [14, 17, 17, 14, 17, 17, 14],
  [14, 17, 17, 15, 1, 2, 12],
];

/** Dots from the left edge of a number to its right one. */
export function numberWidth(number: number): number {
  return `${number}`.length * pitch - 1;
}

/** Whether a dot of a number, counted from its upper left one, is part of a stroke. */
export function isStroke(number: number, x: number, y: number): boolean {
  const digit = Number(`${number}`[Math.floor(x / pitch)]);
  const bits = rows[digit]?.[y] ?? 0;
  return ((bits >> (digitWidth - 1 - (x % pitch))) & 1) === 1;
}
