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
  const wanted = name.toLowerCase();
  return fields.some(([given]) => given.length === wanted.length && given.toLowerCase() === wanted);
}
