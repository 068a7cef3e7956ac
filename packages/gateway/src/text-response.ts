import type { HeaderList } from '@wirestack/http';
import type { Body, StartResponse } from './application.ts';

/** A short answer for people: the status, as text. */
export function textResponse(
  startResponse: StartResponse,
  status: `${number} ${string}`,
  headers: HeaderList = [],
): Body {
  startResponse(status, [['Content-Type', 'text/plain; charset=utf-8'], ...headers]);
  return [`${status}\n`];
}
