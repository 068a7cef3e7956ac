import type { HeaderList } from '../headers.ts';
import { reasonPhrase } from '../protocol/reason.ts';
import type { HttpResponse } from '../server/response.ts';

/** A short answer for people: the status, as text, and nothing of the host. */
export function plainAnswer(status: number, fields: HeaderList = []): HttpResponse {
  return {
    status,
    headers: [
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['X-Content-Type-Options', 'nosniff'],
      ...fields,
    ],
    body: `${String(status)} ${reasonPhrase(status)}\n`,
  };
}

const allowed: HeaderList = [['Allow', 'GET, HEAD, OPTIONS']];

export const methodNotAllowed: HttpResponse = plainAnswer(405, allowed);
export const optionsAnswer: HttpResponse = { status: 204, headers: allowed };
