import { parseAccept } from '../fields/accept.ts';
import type { RequestFields } from '../fields/preconditions.ts';

/**
 * Whether a browser goes to a page: it names `text/html`, and is not a script that fetches, an image or a stylesheet. A client that takes
 * anything is told the truth about what is not there.
 */
export function acceptsPage(headers: RequestFields): boolean {
  const mode = headers.get('sec-fetch-mode') ?? undefined;
  if (mode !== undefined && mode !== 'navigate') return false;
  const ranges = parseAccept(headers.get('accept') ?? '') ?? [];
  return ranges.some(({ type, subtype, q }) => type === 'text' && subtype === 'html' && q > 0);
}
