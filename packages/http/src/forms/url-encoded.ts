import { alphanumeric, tableOf } from '../fields/cursor.ts';
import { utf8 } from '../protocol/octets.ts';
import { FormValues } from './form-values.ts';
import { UrlEncodedDecoder, type FormPair, type UrlEncodedOptions } from './url-encoded-decoder.ts';

/**
 * The pairs of `a=1&b=2`, as {@link UrlEncodedDecoder} reads them; text counts as the UTF-8 it would be sent as.
 *
 * @throws FormError `TOO_MANY_PARTS` `NAME_TOO_LONG` `FIELD_TOO_LARGE` `FORM_TOO_LARGE` `UNSUPPORTED_CHARSET`
 */
export function parseUrlEncoded(form: string | Uint8Array, options: UrlEncodedOptions = {}): FormValues {
  const decoder = new UrlEncodedDecoder(options);
  decoder.push(typeof form === 'string' ? utf8(form) : form);
  const pairs: FormPair[] = [];
  for (let pair; (pair = decoder.end()) !== undefined;) pairs.push(pair);
  return new FormValues(pairs);
}

/**
 * The pairs of a query, with its `?` or without: of `request.query` or `url.search`. The rules are those of forms.
 *
 * @throws FormError as {@link parseUrlEncoded}
 */
export function parseQuery(query: string, options: UrlEncodedOptions = {}): FormValues {
  return parseUrlEncoded(query.startsWith('?') ? query.slice(1) : query, options);
}

/** `a=1&b=2%26`: the serializer of WHATWG URL 5.2. What is no Unicode text is sent as U+FFFD. */
export function formatUrlEncoded(pairs: Iterable<readonly [name: string, value: string]>): string {
  let text = '';
  for (const [name, value] of pairs) {
    text += `${text === '' ? '' : '&'}${encode(name)}=${encode(value)}`;
  }
  return text;
}

const PLAIN: Uint8Array = tableOf(`${alphanumeric}*-._`);

function encode(text: string): string {
  let isPlain = true;
  for (let at = 0; at < text.length && isPlain; at++) isPlain = PLAIN[text.charCodeAt(at)] === 1;
  if (isPlain) return text;
  let encoded = '';
  for (const octet of utf8(text)) encoded += escapes[octet] as string;
  return encoded;
}

const escapes: readonly string[] = Array.from({ length: 256 }, (_, octet) => {
  if (octet === 0x20) return '+';
  if (PLAIN[octet] === 1) return String.fromCharCode(octet);
  return `%${octet.toString(16).toUpperCase().padStart(2, '0')}`;
});
