import type { HeaderList } from '../../headers.ts';

/** The value of the first field of that name; `name` in lower case. */
export function fieldOf(fields: HeaderList, name: string): string | undefined {
  for (const [given, value] of fields) {
    // Lengths first: most fields are told apart without a new string.
    if (given.length === name.length && given.toLowerCase() === name) return value;
  }
  return undefined;
}

/** The fields whose names, in lower case, are not dropped. */
export function withoutFields(fields: HeaderList, isDropped: (name: string) => boolean): HeaderList {
  return fields.filter(([name]) => !isDropped(name.toLowerCase()));
}

/** The fields with `name` said once, and so. */
export function withField(fields: HeaderList, name: string, value: string): HeaderList {
  const wanted = name.toLowerCase();
  return [...withoutFields(fields, (given) => given === wanted), [name, value]];
}
