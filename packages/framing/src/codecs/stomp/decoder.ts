import { PatternSearch } from '../../byte-queue.ts';
import type { FramingErrorCode } from '../../errors.ts';
import { QueueDecoder } from '../queue-decoder.ts';
import {
  isCommand,
  isEscaped,
  unescapeHeader,
  type StompFrame,
  type StompLimits,
  type StompVersion,
  lengthDigits,
} from './frame.ts';

/** What stands before a body. */
interface Head extends Pick<StompFrame, 'command' | 'headers'> {
  readonly bytes: number;
  /** Of the body; -1 where it ends at a NUL. */
  readonly bodyBytes: number;
}

export class StompDecoder extends QueueDecoder<StompFrame> {
  readonly #version: StompVersion;
  readonly #limits: StompLimits;
  readonly #onHeartBeat: (() => void) | undefined;
  readonly #lineEnd = new PatternSearch(Uint8Array.of(lf));
  readonly #bodyEnd = new PatternSearch(Uint8Array.of(0));
  /** Of a frame whose head is not all there: where its last line begins, and the lines before that. */
  #lineStart = 0;
  #lines = 0;
  #head: Head | undefined;

  constructor(version: StompVersion, limits: StompLimits, onHeartBeat: (() => void) | undefined) {
    super();
    this.#version = version;
    this.#limits = limits;
    this.#onHeartBeat = onHeartBeat;
  }

  override get bufferedBytes(): number {
    return this.queue.length + (this.#head?.bytes ?? 0);
  }

  protected parse(): StompFrame | undefined {
    this.#head ??= this.#readHead();
    if (this.#head === undefined) return undefined;
    const { command, headers, bodyBytes } = this.#head;
    const body = bodyBytes < 0 ? this.#readToNul() : this.#readBody(bodyBytes);
    if (body === undefined) return undefined;
    this.#head = undefined;
    return { command, headers, body };
  }

  protected override finish(): undefined {
    if (this.#head !== undefined) this.#refuse('TRUNCATED', 'the input ended inside a body');
    super.finish();
  }

  #readHead(): Head | undefined {
    if (!this.#skipLineEnds()) return undefined;
    const { queue } = this;
    const { maxHeaderBytes, maxHeaders } = this.#limits;
    for (;;) {
      const end = queue.find(this.#lineEnd);
      if (end > maxHeaderBytes || (end < 0 && queue.length >= maxHeaderBytes)) {
        this.#refuse('TOO_LARGE', `a command and headers of more than ${String(maxHeaderBytes)} bytes`);
      }
      if (end < 0) return undefined;
      const length = end - 1 - this.#lineStart;
      if (length === 0 || (length === 1 && this.#isReturn(this.#lineStart))) return this.#parseHead(end);
      this.#lineStart = end;
      // The command is a line, too.
      if (this.#lines++ > maxHeaders) this.#refuse('TOO_LARGE', `more than ${String(maxHeaders)} headers`);
    }
  }

  /** Before a frame. False where what follows is not known yet. */
  #skipLineEnds(): boolean {
    const { queue } = this;
    while (queue.length > 0) {
      const bytes = queue.at(0) === lf ? 1 : this.#isReturn(0) ? 2 : 0;
      if (bytes === 0) return true;
      if (queue.length < bytes) return false;
      if (queue.at(bytes - 1) !== lf) this.#refuse('MALFORMED', 'CR without LF between frames');
      queue.skip(bytes);
      this.#onHeartBeat?.();
    }
    return false;
  }

  /** Whether a CR stands there that may be part of a line end. */
  #isReturn(at: number): boolean {
    return this.#version === '1.2' && this.queue.at(at) === cr;
  }

  #parseHead(bytes: number): Head {
    this.#lineEnd.restart();
    this.#lineStart = 0;
    this.#lines = 0;
    const head = this.queue.take(bytes);
    const text = decodeUtf8(head);
    if (text === undefined || head.includes(0)) {
      return this.#refuse(
        'MALFORMED',
        text === undefined ? 'headers that are no UTF-8' : 'a NUL before an empty line',
      );
    }
    const [command = '', ...lines] = text.split(
      this.#version === '1.2' && text.includes('\r') ? /\r?\n/ : '\n',
    );
    if (!isCommand(command)) return this.#refuse('MALFORMED', `${quoted(command)} is no command`);
    // Behind the headers come the empty line, and what is behind its end: nothing.
    const headers = lines.slice(0, -2).map((line) => this.#parseHeader(line, command));
    return { command, headers, bytes, bodyBytes: this.#bodyLength(headers) };
  }

  #parseHeader(line: string, command: string): readonly [string, string] {
    const colon = line.indexOf(':');
    if (colon < 1) return this.#refuse('MALFORMED', `${quoted(line)} has no name`);
    if (this.#version === '1.2' && line.includes('\r')) this.#refuse('MALFORMED', `CR in ${quoted(line)}`);
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1);
    if (!isEscaped(this.#version, command)) return [name, value];
    const plainName = unescapeHeader(name, this.#version);
    const plainValue = unescapeHeader(value, this.#version);
    if (plainName === undefined || plainValue === undefined) {
      return this.#refuse(
        'MALFORMED',
        `an escape that STOMP ${this.#version} does not have: ${quoted(line)}`,
      );
    }
    return [plainName, plainValue];
  }

  #bodyLength(headers: StompFrame['headers']): number {
    const given = headers.find(([name]) => name === 'content-length')?.[1];
    if (given === undefined) return -1;
    const digits = lengthDigits(given, this.#version);
    if (digits === undefined || digits.length > 15)
      return this.#refuse('MALFORMED', `content-length is ${quoted(given)}`);
    const { maxBytes } = this.#limits;
    if (Number(digits) > maxBytes) {
      this.#refuse('TOO_LARGE', `a body of ${digits} bytes, the limit is ${String(maxBytes)}`);
    }
    return Number(digits);
  }

  #readBody(length: number): Uint8Array | undefined {
    if (this.queue.length <= length) return undefined;
    const body = this.queue.take(length);
    if (this.queue.at(0) !== 0) this.#refuse('MALFORMED', `no NUL behind a body of ${String(length)} bytes`);
    this.queue.skip(1);
    return body;
  }

  #readToNul(): Uint8Array | undefined {
    const end = this.queue.find(this.#bodyEnd);
    const { maxBytes } = this.#limits;
    if (end - 1 > maxBytes || (end < 0 && this.queue.length > maxBytes)) {
      this.#refuse('TOO_LARGE', `no NUL within ${String(maxBytes)} bytes of a body`);
    }
    if (end < 0) return undefined;
    this.#bodyEnd.restart();
    const body = this.queue.take(end - 1);
    this.queue.skip(1);
    return body;
  }

  #refuse(code: FramingErrorCode, message: string): never {
    this.#head = undefined;
    return this.fail(code, message);
  }
}

const lf = 0x0a;
const cr = 0x0d;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
