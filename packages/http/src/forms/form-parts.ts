import { HttpUsageError } from '../errors.ts';
import { utf8 } from '../protocol/octets.ts';
import { BodyReader, EventReader } from './event-reader.ts';
import { BodyCursor, decoderFor, type FormOptions, type FormSource } from './form-source.ts';
import { MultipartDecoder } from './multipart-decoder.ts';
import { PartHead } from './part-head.ts';
import { Part, PartData } from './part.ts';
import { charsetOf, utf8Text } from './text-decoding.ts';
import type { FormPair } from './url-encoded-decoder.ts';

/**
 * The parts of a form as they arrive, nothing kept: each is read, or left to be skipped when the next is asked for. Leaving the loop gives up the rest
 * of the body. The pairs of `application/x-www-form-urlencoded` are parts, too, of which none is a file.
 *
 * Iterating throws `FormError` for what is no form, is malformed or too large (its `status` is the answer to send), what the body throws, and the
 * signal's reason.
 */
export function formParts(
  source: FormSource,
  options: FormOptions = {},
): AsyncIterableIterator<Part, undefined> {
  return new PartIterator(source, options);
}

/** What parts come from: `undefined` where more of the body is needed. */
interface PartReader {
  poll(): Part | undefined;
  /** False at the end of the form. */
  fill(): Promise<boolean>;
}

/** Written by hand: of a generator, each small part would cost several times as much. */
class PartIterator implements AsyncIterableIterator<Part, undefined> {
  readonly #source: FormSource;
  readonly #options: FormOptions;
  #body: BodyCursor | undefined;
  #reader: PartReader | undefined;
  #part: Part | undefined;
  #isAsked = false;
  #isOver = false;

  constructor(source: FormSource, options: FormOptions) {
    this.#source = source;
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Part, undefined>> {
    if (this.#isAsked) throw new HttpUsageError('BAD_STATE', 'a part is asked for already');
    this.#isAsked = true;
    try {
      if (this.#part?.isOver === false) await this.#part.skip();
      const reader = (this.#reader ??= this.#open());
      while (!this.#isOver) {
        this.#part = reader.poll();
        if (this.#part !== undefined) return { done: false, value: this.#part };
        if (!(await reader.fill())) this.#end();
      }
    } catch (error) {
      this.#end();
      throw error;
    } finally {
      this.#isAsked = false;
    }
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorResult<Part, undefined>> {
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  #end(): void {
    this.#isOver = true;
    this.#part = undefined;
    this.#body?.cancel();
  }

  #open(): PartReader {
    const { charset, signal } = this.#options;
    const decoder = decoderFor(this.#source, this.#options);
    const body = new BodyCursor(this.#source.body, signal);
    this.#body = body;
    if (!(decoder instanceof MultipartDecoder)) return pairParts(new BodyReader(decoder, body));
    return multipartParts(
      new EventReader(decoder, body, charset === undefined ? utf8Text : charsetOf(charset)),
    );
  }
}

function multipartParts(events: EventReader): PartReader {
  return {
    poll() {
      for (let event; (event = events.poll()) !== undefined;) {
        if (event.type === 'part') return new Part(event.head, new PartData(events));
      }
      return undefined;
    },
    fill: () => events.fill(),
  };
}

function pairParts(pairs: BodyReader<FormPair>): PartReader {
  return {
    poll() {
      const pair = pairs.poll();
      if (pair === undefined) return undefined;
      const head = new PartHead(pair[0], undefined, 'text/plain', noBytes, 0, 0);
      let bytes: Uint8Array | null = utf8(pair[1]);
      const poll = (): Uint8Array | null => {
        const all = bytes;
        bytes = null;
        return all;
      };
      return new Part(head, { poll, fill: () => Promise.resolve(), charset: utf8Text });
    },
    fill: () => pairs.fill(),
  };
}

const noBytes = new Uint8Array(0);
