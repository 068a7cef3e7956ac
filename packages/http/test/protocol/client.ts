import { expect } from 'vitest';
import type { HttpUsageError } from '@wirestack/http/protocol';
import {
  HttpProtocolError,
  ServerConnection,
  type HttpUsageErrorCode,
  type Leniency,
  type MessageLimits,
  type Output,
} from '@wirestack/http/protocol';
import { octets } from './transcript.ts';

/** A request of HTTP/1.1, with a blank line and whatever `rest` holds behind it. */
export function request(method = 'GET', fields = '', rest = '', version = '1.1'): string {
  return `${method} ${method === 'CONNECT' ? 'a:443' : '/'} HTTP/${version}\r\nHost: a\r\n${fields}\r\n${rest}`;
}

/** A connection that has received `bytes` (latin1) and told all its events. */
export function connected(bytes: string, options?: Partial<MessageLimits> & Leniency): ServerConnection {
  const connection = new ServerConnection(options);
  hear(connection, bytes);
  return connection;
}

/** What the connection says of `bytes`: the types of events, data as text, an error by its code. */
export function hear(connection: ServerConnection, bytes: string): string[] {
  connection.receive(octets(bytes));
  return drain(connection);
}

export function drain(connection: ServerConnection): string[] {
  const said: string[] = [];
  try {
    for (let event; (event = connection.nextEvent()) !== undefined;) {
      said.push(event.type === 'data' ? Buffer.from(event.bytes).toString('latin1') : event.type);
    }
  } catch (error) {
    said.push(codeOf(error));
  }
  return said;
}

/** The end of the client's bytes: what is said of it, `''` where nothing is. */
export function hearEnd(connection: ServerConnection): string {
  try {
    connection.receiveEnd();
    return '';
  } catch (error) {
    return codeOf(error);
  }
}

/** The bytes of an answer, one a character. */
export function wire(...outputs: readonly (Output | readonly [string, Uint8Array, string])[]): string {
  return outputs
    .flat()
    .map((part) => (typeof part === 'string' ? part : Buffer.from(part).toString('latin1')))
    .join('');
}

/** `run` is refused with this code, and the connection is where it was. */
export function refusedWith(
  connection: ServerConnection,
  code: HttpUsageErrorCode,
  run: () => unknown,
): void {
  const { state, current, unanswered, mustClose, dropsBody } = connection;
  expect(run).toThrow(expect.objectContaining({ name: 'HttpUsageError', code }) as HttpUsageError);
  expect({
    state: connection.state,
    unanswered: connection.unanswered,
    mustClose: connection.mustClose,
  }).toEqual({
    state,
    unanswered,
    mustClose,
  });
  expect(connection.current).toBe(current);
  expect(connection.dropsBody).toBe(dropsBody);
}

function codeOf(error: unknown): string {
  if (error instanceof HttpProtocolError) return error.code;
  throw error;
}
