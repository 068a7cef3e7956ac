import type { HeaderList } from '@wirestack/http';
import {
  negotiateEncoding,
  negotiateLanguage,
  negotiateMediaType,
  parseMediaType,
  parseWeighted,
} from '@wirestack/http/fields';
import type { Middleware } from '../application.ts';
import type { Environ } from '../environ.ts';
import { keepLifespan } from '../lifespan.ts';
import { remembering } from './remembering.ts';
import { changeHeaders } from './response-parts.ts';
import { mergeVary } from './vary.ts';

/** What there is, each the best first. */
export interface NegotiationOptions {
  /** Media types. */
  readonly types?: readonly string[];
  /** Language tags (RFC 5646). */
  readonly languages?: readonly string[];
  /** Content codings, besides `identity`. */
  readonly encodings?: readonly string[];
  readonly charsets?: readonly string[];
  /** Where no media type is wanted: `refuse` answers 406, `first` sends the first all the same. RFC 9110 12.4.1 allows both. Default `refuse`. */
  readonly whenNone?: 'refuse' | 'first';
}

/**
 * Chooses for the application what it is to send, by what the client says it wants (RFC 9110 12.5), and merges `Vary`.
 *
 * ```ts
 * const app = negotiation({ types: ['text/html', 'application/json'], languages: ['en', 'de'] })(
 *   (environ, startResponse) => {
 *     const isJson = environ['wirestack.media_type'] === 'application/json';
 * ```
 *
 * Sets `wirestack.media_type`, `wirestack.language`, `wirestack.encoding` (perhaps `identity`) and `wirestack.charset`, strings, those for which there is an option. Only media types
 * are refused: of languages, codings and charsets some is better than none (12.5.2–12.5.4).
 *
 * @throws TypeError for an empty list, or a media type that is none
 */
export function negotiation(options: NegotiationOptions): Middleware {
  const { types, languages, encodings, charsets, whenNone = 'refuse' } = options;
  for (const [option, list] of Object.entries({ types, languages, encodings, charsets })) {
    if (list?.length === 0) throw new TypeError(`${option} is empty`);
  }
  for (const type of types ?? []) {
    if (parseMediaType(type) === undefined)
      throw new TypeError(`types: ${JSON.stringify(type)} is no media type`);
  }
  const vary = [
    ...(types === undefined ? [] : ['Accept']),
    ...(languages === undefined ? [] : ['Accept-Language']),
    ...(encodings === undefined ? [] : ['Accept-Encoding']),
    ...(charsets === undefined ? [] : ['Accept-Charset']),
  ];
  const bestType = remembering((accept) => negotiateMediaType(accept, types ?? []));
  const change = (headers: HeaderList): HeaderList =>
    vary.length === 0 ? headers : mergeVary(headers, ...vary);

  return (app) =>
    keepLifespan(app, (environ, startResponse) => {
      const start = changeHeaders(startResponse, change);
      if (types !== undefined) {
        const type = bestType(environ['HTTP_ACCEPT'] ?? '') ?? (whenNone === 'first' ? types[0] : undefined);
        if (type === undefined) {
          start('406 Not Acceptable', [['Content-Type', 'text/plain; charset=utf-8']]);
          return [`406 Not Acceptable\n\nThere is:\n${types.map((one) => `${one}\n`).join('')}`];
        }
        environ['wirestack.media_type'] = type;
      }
      if (languages !== undefined) {
        environ['wirestack.language'] =
          negotiateLanguage(environ['HTTP_ACCEPT_LANGUAGE'], languages) ?? languages[0];
      }
      if (encodings !== undefined) {
        environ['wirestack.encoding'] =
          negotiateEncoding(environ['HTTP_ACCEPT_ENCODING'], encodings) ?? 'identity';
      }
      if (charsets !== undefined) {
        environ['wirestack.charset'] = charsetFor(environ['HTTP_ACCEPT_CHARSET'], charsets) ?? charsets[0];
      }
      return app(environ, start);
    });
}

/**
 * Which of `types` this client wants most, for a handler that decides by itself: `undefined` if none. Whoever uses it says `Vary: Accept`.
 *
 * ```ts
 * if (accepts(environ, ['application/json', 'text/html']) === 'text/html') return page();
 * ```
 */
export function accepts(environ: Environ, types: readonly string[]): string | undefined {
  return negotiateMediaType(environ['HTTP_ACCEPT'], types);
}

/** RFC 9110 12.5.2: deprecated, for UTF-8 is everywhere; `*` is what is not named. */
function charsetFor(acceptCharset: string | undefined, offered: readonly string[]): string | undefined {
  const accepted = acceptCharset === undefined ? undefined : parseWeighted(acceptCharset);
  if (accepted === undefined || accepted.length === 0) return offered[0];
  const qualityOf = (charset: string): number => {
    const name = charset.toLowerCase();
    const found = accepted.find(({ value }) => value === name) ?? accepted.find(({ value }) => value === '*');
    return found?.q ?? 0;
  };
  let best: string | undefined;
  let quality = 0;
  for (const charset of offered) {
    const q = qualityOf(charset);
    if (q > quality) {
      best = charset;
      quality = q;
    }
  }
  return best;
}
