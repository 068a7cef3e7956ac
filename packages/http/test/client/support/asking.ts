import { readdirSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import {
  Client,
  Transport,
  type ClientOptions,
  type ClientRequest,
  type RequestOptions,
  type TransportOptions,
} from '../../../src/client/index.ts';
import type { OutgoingBody } from '../../../src/client/client-request.ts';
import type { HeaderList } from '../../../src/headers.ts';

/** A transport that is gone with the test. */
export function transport(options: TransportOptions = {}): Transport {
  const made = new Transport(options);
  onTestFinished(() => {
    made.abort('the test is over');
  });
  return made;
}

/** A client that is gone with the test. */
export function client(options: ClientOptions = {}): Client {
  const made = new Client(options);
  onTestFinished(() => {
    made.abort('the test is over');
  });
  return made;
}

interface RequestParts extends Omit<RequestOptions, 'body' | 'headers'> {
  readonly headers?: HeaderList;
  readonly body?: OutgoingBody;
}

/** A request as the transport takes it. */
export function asking(
  url: string,
  { method, headers = [], body, ...options }: RequestParts = {},
): ClientRequest {
  return { url, method: method ?? (body === undefined ? 'GET' : 'POST'), headers, body, options };
}

/** The code of what a promise rejects with, and its phase where it has one. */
export async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    const { code, phase } = error as { code?: string; phase?: string };
    return phase === undefined ? (code ?? String(error)) : `${String(code)} ${phase}`;
  }
  return 'fulfilled';
}

/** Sockets and files that this process has open. */
export function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

export const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('latin1');
