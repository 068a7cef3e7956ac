import { expect } from 'vitest';
import { FormError, MultipartDecoder, type FormLimits } from '@wirestack/http/forms';

/** A part as it was decoded, its data joined. `isOpen`: its end has not come. */
export interface SeenPart {
  readonly name: string;
  readonly filename: string | undefined;
  readonly type: string;
  data: string;
  isOpen: boolean;
}

export interface Seen {
  readonly parts: SeenPart[];
  isComplete: boolean;
  /** Code of the error that ended it. */
  error: string | undefined;
  /** The most that was held when more was asked for. */
  mostBuffered: number;
}

export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** Lines of a form, joined by CR LF. */
export function lines(...all: string[]): string {
  return all.join('\r\n');
}

/** `bytes` in pieces that begin at these offsets. */
export function cutAt(bytes: Uint8Array, ...offsets: number[]): Uint8Array[] {
  return [0, ...offsets].map((from, index) => bytes.slice(from, offsets[index] ?? bytes.length));
}

export function pieces(bytes: Uint8Array, size: number): Uint8Array[] {
  const cut: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) cut.push(bytes.slice(at, at + size));
  return cut;
}

/** What a decoder says of these chunks, one character an octet in the data. */
export function decodeForm(
  chunks: readonly Uint8Array[],
  {
    boundary = 'x',
    limits = {},
    ends = true,
  }: { boundary?: string; limits?: Partial<FormLimits>; ends?: boolean } = {},
): Seen {
  const decoder = new MultipartDecoder(boundary, limits);
  const seen: Seen = { parts: [], isComplete: false, error: undefined, mostBuffered: 0 };
  const drain = (method: 'next' | 'end'): void => {
    for (let event; (event = decoder[method]()) !== undefined;) {
      const part = seen.parts.at(-1);
      if (event.type === 'part') {
        const { name, filename, type } = event.head;
        seen.parts.push({ name, filename, type, data: '', isOpen: true });
      } else if (event.type === 'end') {
        seen.isComplete = true;
      } else if (part?.isOpen !== true) {
        throw new Error(`${event.type} outside a part`);
      } else if (event.type === 'data') {
        part.data += Buffer.from(event.bytes).toString('latin1');
      } else {
        part.isOpen = false;
      }
    }
  };
  try {
    for (const chunk of chunks) {
      decoder.push(chunk);
      drain('next');
      seen.mostBuffered = Math.max(seen.mostBuffered, decoder.bufferedBytes);
    }
    if (ends) drain('end');
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    seen.error = error.code;
    expectFailedForGood(decoder, error);
  }
  return seen;
}

function expectFailedForGood(decoder: MultipartDecoder, failure: FormError): void {
  expect(decoder.bufferedBytes).toBe(0);
  decoder.push(new Uint8Array(100));
  for (const method of ['next', 'end'] as const) expect(() => decoder[method]()).toThrow(failure);
}

/** What no header field can hold: neither name nor filename of a part may have it. */
export function hasControls(text: string): boolean {
  return Array.from(text).some(
    (character) => (character < ' ' && !'\t\r\n'.includes(character)) || character === '\x7f',
  );
}

/** The same, of text of one character an octet. */
export function decodeText(
  text: string,
  options: { boundary?: string; limits?: Partial<FormLimits> } = {},
): Seen {
  return decodeForm([bytesOf(text)], options);
}
