import { expect, test } from 'vitest';
import {
  ResponseParser,
  type ReceivedResponse,
  type ResponseEvent,
  type ResponseParserOptions,
} from '@wirestack/http/protocol';
import { fieldsText, saidHoweverCut, sayBody, transcriptBy } from './transcript.ts';

/** What a test names, sends (latin1, one character a byte) and hears; the methods of the requests, GET where nothing is said. */
export type ResponseRow = readonly [name: string, bytes: string, said: readonly string[], methods?: string];

/**
 * All that a parser says of the answers to requests with `methods`, an event a line, data merged:
 *
 *     200 OK 1.1 length=3 | X: y                 also: close, chunked, until-close
 *     103 Early Hints 1.1 … | Link: </x>         an informational one
 *     => 101 Switching Protocols 1.1 | …         a change of protocol
 *     data abc
 *     trailers | T: 1
 *     end
 *     ! BAD_CHUNK 502                            an error; checked to be the answer ever after
 *
 * A method with `+` behind it comes with Upgrade.
 */
export function heardOf(
  pieces: Iterable<Uint8Array>,
  methods = 'GET',
  options: ResponseParserOptions = {},
): string[] {
  return transcriptBy(expecting(methods, options), pieces, sayResponse);
}

export function expecting(methods: string, options: ResponseParserOptions = {}): ResponseParser {
  const parser = new ResponseParser(options);
  for (const method of methods.split(' ').filter((name) => name !== '')) {
    parser.expect(method.replace('+', ''));
    if (method.endsWith('+')) parser.expectUpgrade();
  }
  return parser;
}

/** A test for each row, the bytes cut at every offset. */
export function responses(rows: readonly ResponseRow[], options?: ResponseParserOptions): void {
  for (const [name, bytes, said, methods = 'GET'] of rows) {
    test(name, () => {
      saidHoweverCut(() => expecting(methods, options), sayResponse, bytes, said);
    });
  }
}

export function sayResponse(event: ResponseEvent, lines: string[]): void {
  switch (event.type) {
    case 'informational':
      expect(event.head.framing).toBe('none');
      lines.push(`${headText(event.head).replace(/ close/, '')} …${fieldsText(event.head.headers)}`);
      break;
    case 'upgrade':
      expect(event.head.framing).toBe('none');
      lines.push(`=> ${headText(event.head).replace(/ close/, '')}${fieldsText(event.head.headers)}`);
      break;
    case 'head':
      lines.push(headText(event) + fieldsText(event.headers));
      break;
    case 'data':
    case 'trailers':
    case 'end':
      sayBody(event, lines);
  }
}

function headText(head: ReceivedResponse): string {
  const { status, reason, version, framing, contentLength, keepAlive } = head;
  if (framing !== 'length') expect(contentLength).toBe(0);
  const marks = {
    none: '',
    length: ` length=${String(contentLength)}`,
    chunked: ' chunked',
    close: ' until-close',
  };
  return `${String(status)} ${reason} ${version}${keepAlive ? '' : ' close'}${marks[framing]}`;
}
