import { PatternSearch } from '../byte-queue.ts';
import { FramingUsageError } from '../errors.ts';
import { AnySearch, LfOrCrlfSearch, StrictCrlfSearch } from './line-search.ts';
import {
  AnyCutter,
  CrlfCutter,
  LfCutter,
  LfOrCrlfCutter,
  StrictCrlfCutter,
  type TextCutter,
} from './text-cutter.ts';
import type { EndSearch } from './marked-decoder.ts';

export type LineEnding = 'lf-or-crlf' | 'lf' | 'crlf' | 'strict-crlf' | 'any';

/** What ends a line: among bytes, in text, and what the encoder writes. */
export interface Ending {
  readonly bytes: Uint8Array;
  newSearch(): EndSearch;
  newCutter(): TextCutter;
  /** Just behind the last end of a line that lies in `chunk` from `at` to `end`, or `at`. */
  lastEnd(chunk: Uint8Array, at: number, end: number): number;
  /** Whether `line` would not come back as one line, the same. */
  spoils(line: string): boolean;
}

/** @throws FramingUsageError for an ending that there is not. */
export function endingOf(name: LineEnding): Ending {
  if (!Object.hasOwn(endings, name)) throw new FramingUsageError(`ending is ${name}`);
  return endings[name];
}

const lf = Uint8Array.of(10);
const crlf = Uint8Array.of(13, 10);

const endings: Record<LineEnding, Ending> = {
  'lf-or-crlf': {
    bytes: lf,
    newSearch: () => new LfOrCrlfSearch(),
    newCutter: () => new LfOrCrlfCutter(),
    lastEnd: behindLastLf,
    spoils: (line) => line.includes('\n') || line.endsWith('\r'),
  },
  lf: {
    bytes: lf,
    newSearch: () => new PatternSearch(lf),
    newCutter: () => new LfCutter(),
    lastEnd: behindLastLf,
    spoils: (line) => line.includes('\n'),
  },
  crlf: {
    bytes: crlf,
    newSearch: () => new PatternSearch(crlf),
    newCutter: () => new CrlfCutter(),
    lastEnd: behindLastCrlf,
    spoils: (line) => line.includes('\r\n'),
  },
  'strict-crlf': {
    bytes: crlf,
    newSearch: () => new StrictCrlfSearch(),
    newCutter: () => new StrictCrlfCutter(),
    lastEnd: behindLastCrlf,
    spoils: (line) => line.includes('\n') || line.includes('\r'),
  },
  any: {
    bytes: lf,
    newSearch: () => new AnySearch(),
    newCutter: () => new AnyCutter(),
    lastEnd(chunk, at, end) {
      while (end > at && chunk[end - 1] !== 10 && chunk[end - 1] !== 13) end--;
      return end;
    },
    spoils: (line) => line.includes('\n') || line.includes('\r'),
  },
};

function behindLastLf(chunk: Uint8Array, at: number, end: number): number {
  while (end > at && chunk[end - 1] !== 10) end--;
  return end;
}

function behindLastCrlf(chunk: Uint8Array, at: number, end: number): number {
  while (end > at && (chunk[end - 1] !== 10 || chunk[end - 2] !== 13)) end--;
  return end;
}
