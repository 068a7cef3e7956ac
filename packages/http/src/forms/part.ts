import { HttpUsageError } from '../errors.ts';
import type { HeaderFields } from '../headers.ts';
import type { EventReader } from './event-reader.ts';
import type { PartHead } from './part-head.ts';
import { safeFilename } from './safe-filename.ts';
import { charsetOf, decodeText, type Charset } from './text-decoding.ts';

/** Where the bytes of a part come from. */
export interface PartSource {
  /** Bytes that are there, `null` at the end of the part, `undefined` where {@link fill} is needed. */
  poll(): Uint8Array | null | undefined;
  fill(): Promise<unknown>;
  /** What its text is in, unless its type says it. Asked for behind its end. */
  readonly charset: Charset;
}

/**
 * A part of a form, to be read before the next one is asked for. Its bytes are read once: by `body`, `bytes()` or `text()`, each of which rejects
 * with `FormError` where the form is wrong or too large, with what the body of the message rejects with, or with the signal's reason.
 */
export class Part {
  readonly #head: PartHead;
  readonly #source: PartSource;
  #isUsed = false;
  #isOver = false;
  #size = 0;
  #collected: Uint8Array[] | undefined;

  constructor(head: PartHead, source: PartSource) {
    this.#head = head;
    this.#source = source;
  }

  get name(): string {
    return this.#head.name;
  }

  /** As the client sent it: to be shown, escaped, and nothing else. Undefined where the part is no file. */
  get filename(): string | undefined {
    return this.#head.filename;
  }

  /** A name made of it that may be given to a file: see `safeFilename`. Undefined where the part is no file. */
  get safeName(): string | undefined {
    return this.filename === undefined ? undefined : safeFilename(this.filename);
  }

  /** What the client says its content is; `text/plain` where it does not. */
  get type(): string {
    return this.#head.type;
  }

  get headers(): HeaderFields {
    return this.#head.headers;
  }

  /** It has a filename, if an empty one: so comes a file input in which nothing was chosen. */
  get isFile(): boolean {
    return this.#head.isFile;
  }

  /** Bytes that have come so far. */
  get size(): number {
    return this.#size;
  }

  /** Whether somebody has begun to read it. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** It was read to its end, or skipped. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The content as it arrives, once. A loop that is left early leaves the rest to be skipped. @throws HttpUsageError `BODY_USED` */
  get body(): AsyncIterable<Uint8Array> {
    return {
      [Symbol.asyncIterator]: () => {
        this.#use();
        return {
          next: async () => {
            for (;;) {
              const value = this.#poll();
              if (value === null) return { done: true, value: undefined };
              if (value !== undefined) return { done: false, value };
              await this.#source.fill();
            }
          },
          return: () => Promise.resolve({ done: true, value: undefined }),
        };
      },
    };
  }

  /** The whole content, at most `maxFieldBytes` of a field, `maxFileBytes` of a file. */
  async bytes(): Promise<Uint8Array> {
    return this.#collect() ?? this.#gather();
  }

  /** The same as text, in the charset of its type, or what the form says, or UTF-8. Rejects with FormError `UNSUPPORTED_CHARSET` */
  async text(): Promise<string> {
    const bytes = this.#collect() ?? (await this.#gather());
    const { charset } = this.#head;
    return decodeText(
      charset === undefined ? this.#source.charset : charsetOf(charset),
      bytes,
      0,
      bytes.length,
    );
  }

  /** Reads what is left to its end. For who gave the part away: nobody can read it afterwards. */
  async skip(): Promise<void> {
    this.#isUsed = true;
    for (let chunk; (chunk = this.#poll()) !== null;) if (chunk === undefined) await this.#source.fill();
  }

  #use(): void {
    if (this.#isUsed)
      throw new HttpUsageError('BODY_USED', `part ${JSON.stringify(this.name)} was read or skipped`);
    this.#isUsed = true;
  }

  /** All of it where it is here, in one piece: most fields are. */
  #collect(): Uint8Array | undefined {
    this.#use();
    const first = this.#poll();
    if (first === null) return noBytes;
    if (first === undefined) return undefined;
    const second = this.#poll();
    if (second === null) return first;
    this.#collected = second === undefined ? [first] : [first, second];
    return undefined;
  }

  async #gather(): Promise<Uint8Array> {
    const chunks = this.#collected ?? [];
    for (let chunk; (chunk = this.#poll()) !== null;) {
      if (chunk === undefined) await this.#source.fill();
      else chunks.push(chunk);
    }
    return join(chunks, this.#size);
  }

  #poll(): Uint8Array | null | undefined {
    if (this.#isOver) return null;
    const bytes = this.#source.poll();
    if (bytes === null) this.#isOver = true;
    else if (bytes !== undefined) this.#size += bytes.length;
    return bytes;
  }
}

/** The bytes of the part whose head was the last event. A class: an object made with a getter in it takes a microsecond. */
export class PartData implements PartSource {
  readonly #events: EventReader;

  constructor(events: EventReader) {
    this.#events = events;
    events.reader = this;
  }

  get charset(): Charset {
    return this.#events.charset;
  }

  poll(): Uint8Array | null | undefined {
    const events = this.#events;
    // Who reads two parts at the same time would be given bytes of the wrong one.
    if (events.reader !== this) throw new HttpUsageError('BODY_USED', 'the next part was asked for');
    const event = events.poll();
    if (event === undefined) return undefined;
    return event.type === 'data' ? event.bytes : null;
  }

  fill(): Promise<unknown> {
    return this.#events.fill();
  }
}

const noBytes = new Uint8Array(0);

/** Chunks in one piece; a single one as it is. */
export function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
