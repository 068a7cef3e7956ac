import type { Cursor } from './cursor.ts';
import { parseEach } from './list.ts';
import { readParameters, type Parameters } from './parameters.ts';

/** An element of `Accept-Encoding`, `Accept-Language`, `Accept-Charset` or `TE`. */
export interface Weighted {
  /** In lower case: a coding, a charset, a language range, `*`. */
  readonly value: string;
  /** 0 (never) to 1 (the default). */
  readonly q: number;
  /** Parameters other than `q`, which only transfer codings (`TE`) have. */
  readonly parameters: Parameters;
}

/**
 * `#( token [ parameters ] [ weight ] )` of RFC 9110 12.5, the best first, equals in the order they came in. What has weight 0 is kept: it says
 * "not this".
 *
 * `undefined` where any element is malformed: then the field counts as absent, which 12.4.1 allows, and everything is acceptable. To
 * drop the one element would turn "also this" into "nothing else": an old Java client sends `text/html, *; q=.2`.
 */
export function parseWeighted(value: string): Weighted[] | undefined {
  const elements = parseEach(value, (cursor) => {
    const token = cursor.token()?.toLowerCase();
    const weight = token === undefined ? undefined : readWeight(cursor);
    return weight && { value: token as string, ...weight };
  });
  return elements?.sort(byWeight);
}

/** Best first. Array.prototype.sort is stable, so equals keep their order. */
export function byWeight(one: { readonly q: number }, other: { readonly q: number }): number {
  return other.q - one.q;
}

/** Parameters without the weight, and the weight, wherever it stands among them (RFC 9110 12.5.1, the note on `q`). */
export function readWeight(cursor: Cursor): { q: number; parameters: Parameters } | undefined {
  const read = readParameters(cursor);
  const text = read?.get('q');
  if (read === undefined || text === undefined) return read && { q: 1, parameters: read };
  const parameters = new Map(read);
  parameters.delete('q');
  return isWeight(text) ? { q: Number(text), parameters } : undefined;
}

/** `qvalue` of RFC 9110 12.4.2: 0 to 1, three digits behind the point at most. */
function isWeight(text: string): boolean {
  return text.length <= 5 && /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text);
}
