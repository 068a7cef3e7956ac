// @ts-check
/** What every benchmark prints. */
import { cpus } from 'node:os';

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Lines of cells as a table of text.
 *
 * @param {string[][]} lines
 * @param {number[]} [toTheLeft]  columns of words; the others are numbers
 */
export function columns(lines, toTheLeft = [0]) {
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  return lines
    .map((line) =>
      line
        .map((cell, i) => (toTheLeft.includes(i) ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function machine() {
  return `Node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'} × ${String(cpus().length)}, ${new Date().toISOString().slice(0, 10)}`;
}
