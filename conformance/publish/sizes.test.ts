import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { output } from '../support/program.ts';
import { repository } from './repository.ts';

/** The cells of a table in Markdown, row by row. */
function cellsOf(table: string): string[][] {
  const lines = table.trim().split('\n');
  return lines.map((line) => line.split('|').map((cell) => cell.trim().replace(/^-+:?$/, '---')));
}

/** What a cell says in kilobytes; NaN where it says something else. */
function kilobytesIn(cell: string): number {
  return Number(/^([\d,.]+) kB$/.exec(cell)?.[1]?.replaceAll(',', '') ?? NaN);
}

/**
 * Close enough for a table that people read: the figures may lag behind small changes. What grows by more than a
 * twentieth, or by 0.2 kB where that is more, makes it out of date.
 */
function isStillTrue(written: string, measured: string): boolean {
  const [said, is] = [kilobytesIn(written), kilobytesIn(measured)];
  return written === measured || Math.abs(said - is) <= Math.max(0.2001, is / 20);
}

test('the sizes in the README are those of what is built: else `pnpm sizes` writes them anew', async () => {
  const readme = readFileSync(join(repository, 'README.md'), 'utf8');
  const [, table = ''] = /^<!-- sizes -->\n(.*)^<!-- \/sizes -->$/ms.exec(readme) ?? [];
  const written = cellsOf(table);
  const measured = cellsOf(await output(process.execPath, [join(repository, 'tools/sizes.js')]));
  const expected = measured.map((row, r) =>
    row.map((cell, c) => {
      const there = written[r]?.[c];
      return there !== undefined && isStillTrue(there, cell) ? there : cell;
    }),
  );
  expect(written).toEqual(expected);
});
