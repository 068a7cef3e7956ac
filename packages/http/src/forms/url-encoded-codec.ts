import type { ByteSink, Codec, Encoder } from '@wirestack/framing/codecs';
import { utf8 } from '../protocol/octets.ts';
import { UrlEncodedDecoder, type FormPair, type UrlEncodedOptions } from './url-encoded-decoder.ts';
import { formatUrlEncoded } from './url-encoded.ts';

/** `application/x-www-form-urlencoded` as a codec: bytes to pairs, and pairs to bytes, each when it is there. The last pair ends with the input. */
export function urlEncoded(options: UrlEncodedOptions = {}): Codec<FormPair> {
  return {
    name: 'url-encoded',
    decoder: () => new UrlEncodedDecoder(options),
    encoder: () => new UrlEncodedEncoder(),
  };
}

class UrlEncodedEncoder implements Encoder<FormPair> {
  #isFirst = true;

  encode(pair: FormPair, into: ByteSink): void {
    into.append(utf8(`${this.#isFirst ? '' : '&'}${formatUrlEncoded([pair])}`));
    this.#isFirst = false;
  }
}
