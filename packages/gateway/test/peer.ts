import { onTestFinished } from 'vitest';
import { makeServer, type Application, type Environ } from '@wirestack/gateway';
import type { ServerOptions } from '@wirestack/http';
import { connect, type Address, type ByteStream } from '@wirestack/socket';

/** A running application, and what it complained of. */
export interface Served {
  readonly address: Address;
  readonly url: string;
  /** What `onError` was told. */
  readonly errors: unknown[];
}

/** Serves `app` on a free port for as long as the test runs. */
export async function serving(app: Application, options: ServerOptions = {}): Promise<Served> {
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const server = await makeServer('tcp://127.0.0.1:0', app, { onError, ...options });
  onTestFinished(() => server.close());
  const { address } = server;
  if (!('port' in address)) throw new Error('a port was asked for');
  return { address, url: `http://127.0.0.1:${String(address.port)}`, errors };
}

/** A response as its bytes say it. */
export interface Reply {
  readonly raw: string;
  readonly statusLine: string;
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Without chunk sizes; one character a byte. */
  readonly body: string;
  readonly chunks: readonly string[];
  /** Everything came that the head promised. */
  readonly isComplete: boolean;
  header(name: string): string | undefined;
}

/** Sends bytes on a connection of their own, and reads until it ends, in order or not. */
export async function exchange(address: Address, request: string): Promise<Reply> {
  const peer = await dial(address);
  await peer.write(request, { encoding: 'latin1' });
  return parseReply(await untilEnd(peer), request.startsWith('HEAD '));
}

/** One request that says it is the last: `ask(address, 'GET /a', 'X: y')`. */
export function ask(address: Address, methodAndTarget: string, ...fields: string[]): Promise<Reply> {
  return exchange(address, requestOf(methodAndTarget, ...fields));
}

export function requestOf(methodAndTarget: string, ...fields: string[]): string {
  return [`${methodAndTarget} HTTP/1.1`, 'Host: test', 'Connection: close', ...fields, '', ''].join('\r\n');
}

export async function dial(address: Address): Promise<ByteStream> {
  const peer = await connect(address);
  onTestFinished(() => {
    peer.abort();
  });
  return peer;
}

/** What arrives until the end of the connection. */
export async function untilEnd(peer: ByteStream): Promise<string> {
  let text = '';
  try {
    for await (const chunk of peer) text += Buffer.from(chunk).toString('latin1');
  } catch {
    // A connection that was reset ended, too.
  }
  return text;
}

/** What arrives up to and including `mark`. */
export async function until(peer: ByteStream, mark: string): Promise<string> {
  let text = '';
  while (!text.includes(mark)) {
    const chunk = await peer.read();
    if (chunk === undefined) throw new Error(`the connection ended before ${JSON.stringify(mark)}: ${text}`);
    text += Buffer.from(chunk).toString('latin1');
  }
  return text;
}

export function parseReply(raw: string, isHead = false): Reply {
  const headEnd = raw.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = raw.slice(0, Math.max(headEnd, 0)).split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(': ');
    return [line.slice(0, colon), line.slice(colon + 2)] as const;
  });
  const header = (name: string): string | undefined =>
    headers.find(([found]) => found.toLowerCase() === name.toLowerCase())?.[1];
  const rest = raw.slice(headEnd + 4);
  const framed = header('transfer-encoding') === 'chunked' && !isHead ? dechunk(rest) : undefined;
  const chunks = framed?.chunks ?? [rest];
  const length = header('content-length');
  const isWhole = isHead || length === undefined || rest.length === Number(length);
  const isComplete = headEnd >= 0 && (framed?.isComplete ?? isWhole);
  const status = Number(statusLine.split(' ')[1]);
  return { raw, statusLine, status, headers, header, chunks, body: chunks.join(''), isComplete };
}

function dechunk(text: string): { chunks: string[]; isComplete: boolean } {
  const chunks: string[] = [];
  for (let at = 0; ;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return { chunks, isComplete: false };
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (size === 0) return { chunks, isComplete: text.endsWith('\r\n\r\n') };
    chunks.push(text.slice(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

/** The environ that an application gets for these bytes. */
export async function environOf(request: string, address?: Address): Promise<Environ> {
  let seen: Environ | undefined;
  const target = address ?? (await serving(keeping((environ) => (seen = environ)))).address;
  const { raw } = await exchange(target, request);
  if (seen === undefined) throw new Error(`no request reached the application: ${raw}`);
  return seen;
}

/** An application that hands its environ out and answers nothing in particular. */
export function keeping(keep: (environ: Environ) => void): Application {
  return (environ, startResponse) => {
    keep(environ);
    startResponse('200 OK', []);
    return ['kept'];
  };
}

/** A promise and its levers. */
export function gate<T = void>(): {
  promise: Promise<T>;
  open: (value: T) => void;
  fail: (error: Error) => void;
} {
  let open!: (value: T) => void;
  let fail!: (error: Error) => void;
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}

/** Lets the event loop go round until `isTrue`; the test's own time limit guards it. */
export async function turnsUntil(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await turn();
}

/** One round of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
