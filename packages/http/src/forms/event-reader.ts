import type { Decoder } from '@wirestack/framing/codecs';
import { FormError } from './errors.ts';
import type { BodyCursor } from './form-source.ts';
import type { MultipartEvent } from './multipart-events.ts';
import { charsetOf, type Charset } from './text-decoding.ts';

/** Joins a decoder to a body: what it says, one after the other, and never more of the body than the next thing needs. */
export class BodyReader<Frame> {
  readonly #decoder: Decoder<Frame>;
  readonly #body: BodyCursor;
  #hasEnded = false;

  constructor(decoder: Decoder<Frame>, body: BodyCursor) {
    this.#decoder = decoder;
    this.#body = body;
  }

  /** What is there already; `undefined` where {@link fill} is needed, or all is over. */
  poll(): Frame | undefined {
    return this.#hasEnded ? this.#decoder.end() : this.#decoder.next();
  }

  /** One more chunk, or the end of the body. False where that was known: what `poll` has said was the last. */
  async fill(): Promise<boolean> {
    if (this.#hasEnded) return false;
    const chunk = await this.#body.read();
    if (chunk === undefined) this.#hasEnded = true;
    else this.#decoder.push(chunk);
    return true;
  }
}

/** Labels of charsets are short. */
const maxLabelBytes = 64;

/** The events of a multipart form. */
export class EventReader extends BodyReader<MultipartEvent> {
  /** What text is in that does not say it: what the field `_charset_` said last (RFC 7578 4.6). */
  charset: Charset;
  /** The value of a `_charset_` that is being read. */
  #label: string | undefined;
  /** Who reads the part that comes now. */
  reader: object | undefined;

  constructor(decoder: Decoder<MultipartEvent>, body: BodyCursor, charset: Charset) {
    super(decoder, body);
    this.charset = charset;
  }

  override poll(): MultipartEvent | undefined {
    const event = super.poll();
    if (event === undefined) return undefined;
    if (event.type === 'part') {
      this.#label = event.head.name === '_charset_' && !event.head.isFile ? '' : undefined;
    } else if (this.#label !== undefined) {
      this.#watch(event, this.#label);
    }
    return event;
  }

  #watch(event: MultipartEvent, label: string): void {
    if (event.type === 'data') {
      if (label.length + event.bytes.length > maxLabelBytes) {
        throw new FormError('UNSUPPORTED_CHARSET', 'a charset that is not known');
      }
      this.#label = label + String.fromCharCode(...event.bytes);
    } else {
      if (label !== '') this.charset = charsetOf(label);
      this.#label = undefined;
    }
  }
}
