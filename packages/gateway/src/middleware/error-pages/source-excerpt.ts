import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A place in a program that a stack names. */
export interface StackFrame {
  /** The line of the stack, without blanks around. */
  readonly text: string;
  /** `undefined` for what is no file: the runtime's own, code that was made from text. */
  readonly file: string | undefined;
  /** From 1. */
  readonly line: number;
}

/** A line of source. */
export interface SourceLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  readonly isCurrent: boolean;
}

/** The frames of `error.stack` as V8 writes it: `at f (file:///a/b.ts:1:2)`. */
export function parseStack(stack: string): StackFrame[] {
  const frames = [];
  for (const one of stack.split('\n')) {
    const text = one.trim();
    if (!text.startsWith('at ')) continue;
    const place = /(?:^at (?:async )?|\()((?:file:\/\/)?\/[^():]+|[A-Za-z]:[\\/][^():]+):(\d+):\d+\)?$/.exec(
      text,
    );
    frames.push({
      text,
      file: place === null ? undefined : fileOf(place[1] as string),
      line: Number(place?.[2]),
    });
  }
  return frames;
}

function fileOf(name: string): string | undefined {
  try {
    return name.startsWith('file://') ? fileURLToPath(name) : name;
  } catch {
    return undefined;
  }
}

/**
 * The lines around a place; none where its file is not there. The text of a stack is not to be trusted, for an error may come from elsewhere: only source files of some size are read.
 *
 * It waits for the disk: a page for one developer need not do better.
 */
export function sourceExcerpt({ file, line }: StackFrame, around: number): SourceLine[] {
  if (file === undefined || !/\.[cm]?[jt]sx?$/.test(file)) return [];
  try {
    if (statSync(file).size > maxSourceBytes) return [];
    const lines = readFileSync(file, 'utf8').split('\n');
    if (line > lines.length) return [];
    const first = Math.max(1, line - around);
    return lines
      .slice(first - 1, line + around)
      .map((text, place) => ({ number: first + place, text, isCurrent: first + place === line }));
  } catch {
    return [];
  }
}

const maxSourceBytes = 1_048_576;
