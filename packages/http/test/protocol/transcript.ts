import { expect, test } from 'vitest';
import {
  HttpProtocolError,
  RequestParser,
  type DataEvent,
  type EndEvent,
  type HeaderFields,
  type Leniency,
  type MessageLimits,
  type RequestEvent,
  type TrailersEvent,
} from '@wirestack/http/protocol';

/** What a test names, sends (latin1, one character a byte) and hears: see {@link transcript}. */
export type Row = readonly [name: string, bytes: string, said: readonly string[]];

/** One byte a character. */
export function octets(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/**
 * All that a parser says of `pieces` and of the end behind them, data merged, an event a line:
 *
 *     POST /a 1.1 length=3 | Host: a | X: y      also: close, chunked, continue, upgrade
 *     data abc
 *     trailers | T: 1
 *     end
 *     ! BAD_CHUNK 400                            an error; checked to be the answer ever after
 *
 * Fields are read only when all is over, as a slow handler would.
 */
export function transcript(
  pieces: Iterable<Uint8Array>,
  options: Partial<MessageLimits> & Leniency = {},
): string[] {
  return transcriptBy(new RequestParser(options), pieces, say);
}

/** What a transcript needs of a parser. */
export interface HttpParser<Event> {
  readonly bufferedBytes: number;
  push(bytes: Uint8Array): void;
  next(): Event | undefined;
  end(): Event | undefined;
}

/** As {@link transcript}, of any parser: `say` adds the lines of an event. */
export function transcriptBy<Event>(
  parser: HttpParser<Event>,
  pieces: Iterable<Uint8Array>,
  say: (event: Event, lines: string[]) => void,
): string[] {
  const events: Event[] = [];
  let failure: HttpProtocolError | undefined;
  let pushed = 0;
  const take = (step: () => Event | undefined): void => {
    for (let event; (event = step()) !== undefined;) {
      // Every event but `end` and a head's own takes at least one byte.
      if (events.push(event) > 2 * pushed + 1)
        throw new Error('more events than bytes: the parser goes round in circles');
    }
  };
  try {
    for (const piece of pieces) {
      pushed += piece.length;
      parser.push(piece);
      take(() => parser.next());
    }
    take(() => parser.end());
  } catch (error) {
    if (!(error instanceof HttpProtocolError)) throw error;
    failure = error;
    staysFailed(parser, error);
  }
  const lines: string[] = [];
  for (const event of events) say(event, lines);
  if (failure !== undefined) lines.push(faultText(failure));
  return lines;
}

function faultText({ code, status }: HttpProtocolError): string {
  return `! ${code} ${String(status)}`;
}

/** The bytes whole, cut in two at every offset (a large input: at some 400), byte by byte, and byte by byte but read only at the end. */
export function saysHoweverCut(
  bytes: string,
  said: readonly string[],
  options?: Partial<MessageLimits> & Leniency,
): void {
  saidHoweverCut(() => new RequestParser(options), say, bytes, said);
}

/** As {@link saysHoweverCut}, of any parser. */
export function saidHoweverCut<Event>(
  made: () => HttpParser<Event>,
  say: (event: Event, lines: string[]) => void,
  bytes: string,
  said: readonly string[],
): void {
  const input = octets(bytes);
  const heard = (pieces: Iterable<Uint8Array>): string[] => transcriptBy(made(), pieces, say);
  expect(heard([input]), 'whole').toEqual(said);
  const stride = input.length > 2000 ? Math.ceil(input.length / 400) : 1;
  for (let at = 1; at < input.length; at += stride) {
    same(heard([input.slice(0, at), input.slice(at)]), said, `cut at ${String(at)}`);
  }
  expect(heard(singles(input)), 'byte by byte').toEqual(said);
  const parser = made();
  for (const byte of singles(input)) parser.push(byte);
  expect(heardAtOnce(parser, say), 'all bytes before the first next()').toEqual(said);
}

/** `expect` costs more than the parser: it is asked only for the words of a failure. */
function same(heard: readonly string[], said: readonly string[], when: string): void {
  if (heard.length !== said.length || heard.some((line, i) => line !== said[i]))
    expect(heard, when).toEqual(said);
}

/** A test for each row. */
export function table(rows: readonly Row[], options?: Partial<MessageLimits> & Leniency): void {
  test.each(rows)('%s', (_name, bytes, said) => {
    saysHoweverCut(bytes, said, options);
  });
}

export function* singles(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at++) yield bytes.slice(at, at + 1);
}

/** Pieces of these sizes, one after the other, and round again. */
export function* cutBy(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    yield bytes.slice(at, at + size);
    at += size;
  }
}

function heardAtOnce<Event>(
  parser: HttpParser<Event>,
  say: (event: Event, lines: string[]) => void,
): string[] {
  const lines: string[] = [];
  try {
    for (let event; (event = parser.next()) !== undefined;) say(event, lines);
    for (let event; (event = parser.end()) !== undefined;) say(event, lines);
  } catch (error) {
    if (!(error instanceof HttpProtocolError)) throw error;
    lines.push(faultText(error));
  }
  return lines;
}

function say(event: RequestEvent, lines: string[]): void {
  switch (event.type) {
    case 'head': {
      const { method, target, version, framing, contentLength } = event;
      const marks = [
        event.keepAlive ? '' : ' close',
        framing === 'length' ? ` length=${String(contentLength)}` : framing === 'chunked' ? ' chunked' : '',
        event.expectsContinue ? ' continue' : '',
        event.wantsUpgrade ? ' upgrade' : '',
      ];
      lines.push(`${method} ${target} ${version}${marks.join('')}${fieldsText(event.headers)}`);
      break;
    }
    case 'data':
    case 'trailers':
    case 'end':
      sayBody(event, lines);
  }
}

/** The lines of what is behind a head. */
export function sayBody(event: DataEvent | TrailersEvent | EndEvent, lines: string[]): void {
  switch (event.type) {
    case 'data': {
      const text = Array.from(event.bytes, (code) => String.fromCharCode(code)).join('');
      const last = lines.at(-1);
      if (last?.startsWith('data ') === true) lines[lines.length - 1] = last + text;
      else lines.push(`data ${text}`);
      break;
    }
    case 'trailers':
      lines.push(`trailers${fieldsText(event.fields)}`);
      break;
    case 'end':
      lines.push('end');
  }
}

export function fieldsText(fields: HeaderFields): string {
  return Array.from(fields, ([name, value]) => ` | ${name}: ${value}`).join('');
}

function staysFailed(parser: HttpParser<unknown>, error: HttpProtocolError): void {
  const isFailed = (step: () => unknown): boolean => {
    try {
      step();
      return false;
    } catch (again) {
      return again === error;
    }
  };
  parser.push(octets('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
  if (!isFailed(() => parser.next()) || !isFailed(() => parser.end()) || parser.bufferedBytes !== 0) {
    throw new Error(`the parser goes on after ${error.code}`);
  }
}
