import { readFileSync } from 'node:fs';

/** Where a table of names comes from. */
export interface DatabaseOptions {
  /** The file to read instead of the one in `/etc`. Read once; where it cannot be read, the built-in table stands in for it. */
  readonly path?: string;
  /** The text of such a file, instead of any. */
  readonly text?: string;
}

/** A line of `/etc/services` or `/etc/protocols`: the official name and its aliases, and what they stand for. */
export interface DatabaseEntry {
  readonly names: readonly string[];
  readonly value: string;
}

const files = new Map<string, DatabaseEntry[]>();

/**
 * The entries of a database in `/etc` (services(5), protocols(5)), in its order. A file is read once in the life of the process, and
 * synchronously: it is short. Slim containers have none.
 */
export function entriesOf(path: string, builtIn: string, options: DatabaseOptions): DatabaseEntry[] {
  if (options.text !== undefined) return parse(options.text);
  const file = options.path ?? path;
  let entries = files.get(file);
  if (entries === undefined) files.set(file, (entries = parse(textOf(file) ?? builtIn)));
  return entries;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** `name value alias … # comment`, a line each. */
function parse(text: string): DatabaseEntry[] {
  const entries: DatabaseEntry[] = [];
  for (const line of text.split('\n')) {
    const [name, value, ...aliases] = line.replace(/#.*/, '').split(/\s+/).filter(Boolean);
    if (name !== undefined && value !== undefined) entries.push({ names: [name, ...aliases], value });
  }
  return entries;
}
