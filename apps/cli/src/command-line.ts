import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { Context } from './context.ts';

/** A verb of the program. */
export interface Command {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  readonly help: string;
  /** Resolves with the exit code. @throws UsageError */
  run(args: readonly string[], context: Context): Promise<number>;
}

/** The arguments make no sense: told with a hint at `--help`. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export type Options = NonNullable<ParseArgsConfig['options']>;

export interface Arguments {
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

/** @throws UsageError for an option that is not known, or lacks its value */
export function readArguments(args: readonly string[], options: Options): Arguments {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { values: values, positionals };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message.split('. ')[0] : String(error));
  }
}

/** One positional argument at most. @throws UsageError */
export function onlyOne(positionals: readonly string[], what: string): string | undefined {
  if (positionals.length > 1)
    throw new UsageError(`one ${what} is expected, not ${String(positionals.length)}`);
  return positionals[0];
}

export function textOf({ values }: Arguments, name: string): string | undefined {
  return values[name] as string | undefined;
}

export function textsOf({ values }: Arguments, name: string): readonly string[] {
  return (values[name] ?? []) as readonly string[];
}

export function flagOf({ values }: Arguments, name: string): boolean {
  return values[name] === true;
}

/** @throws UsageError for what is no number from `min` on */
export function numberOf(
  given: Arguments,
  name: string,
  min: number,
  max: number = Infinity,
): number | undefined {
  const text = textOf(given, name);
  if (text === undefined) return undefined;
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  const range = max === Infinity ? `${String(min)} or more` : `${String(min)}–${String(max)}`;
  throw new UsageError(`--${name} is ${JSON.stringify(text)}, expected ${range}`);
}
