import type { HeaderList } from '../headers.ts';
import type { HeadersLike } from './client-request.ts';

/** Header fields in the one form that is sent. Fields that are `undefined` are left out; what they hold is checked when it is written. */
export function headerList(headers: HeadersLike | undefined): HeaderList {
  if (headers === undefined) return none;
  if (Array.isArray(headers)) return headers as HeaderList;
  if (Symbol.iterator in headers) return [...headers];
  const fields: [name: string, value: string][] = [];
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) fields.push([name, value]);
  return fields;
}

const none: HeaderList = [];

/** Whether one of the fields is `name`, in whatever case. */
export function hasField(fields: HeaderList, name: string): boolean {
  return fieldOf(fields, name.toLowerCase()) !== undefined;
}

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
