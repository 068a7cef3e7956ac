import { describe, expect, it } from 'vitest';
import { ProgressBar, progressLine } from '../src/get/progress-bar.ts';

function screen(isTTY: boolean) {
  const written: string[] = [];
  return {
    isTTY,
    columns: 80,
    written,
    write: (text: string | Uint8Array) => written.push(String(text)) > 0,
    once: () => undefined,
  };
}

describe('progress', () => {
  it('is a line with how much, how fast and how long', () => {
    expect(progressLine('received', 4_200_000, 10_000_000, 4.2, 0, 80)).toBe(
      ' 42 %  [#############-----------------]  4.2 MB of 10.0 MB  1.0 MB/s  0:06 left',
    );
  });

  it.each([10, 20, 40, 79, 80, 200])('fits into %d columns', (columns) => {
    for (const total of [undefined, 0, 1, 1e12])
      expect(progressLine('received', 1, total, 1, 0, columns).length).toBeLessThan(columns);
  });

  it('counts what was there before, but not for the rate', () => {
    const line = progressLine('received', 1_000_000, 3_000_000, 1, 6_000_000, 120);
    expect(line).toContain(' 77 %');
    expect(line).toContain('7.0 MB of 9.0 MB  1.0 MB/s  0:02 left');
  });

  it('without a total tells what came', () => {
    expect(progressLine('received', 1_000_000, undefined, 2, 0, 80)).toBe('1.0 MB received  500 kB/s');
  });

  it('is drawn on a terminal, ten times a second at most, and cleared', () => {
    const terminal = screen(true);
    let now = 0;
    const bar = new ProgressBar(terminal, false, () => now);
    for (; now < 1000; now += 10) bar.show('received', now, 1000);
    expect(terminal.written).toHaveLength(10);
    expect(terminal.written.every((line) => line.startsWith('\r\x1b[K'))).toBe(true);
    bar.clear();
    bar.clear();
    expect(terminal.written.slice(10)).toEqual(['\r\x1b[K']);
  });

  it.each([
    [false, false],
    [true, true],
  ])('is not drawn: terminal %s, hidden %s', (isTTY, isHidden) => {
    const output = screen(isTTY);
    const bar = new ProgressBar(output, isHidden);
    bar.show('received', 1, 2);
    bar.clear();
    expect(output.written).toEqual([]);
  });
});
