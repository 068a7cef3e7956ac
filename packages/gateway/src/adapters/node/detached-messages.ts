import { IncomingMessage, ServerResponse } from 'node:http';
import type { HeaderList } from '@wirestack/http';
import { environKey, type Environ } from '../../environ.ts';
import type { DetachedSocket } from './detached-socket.ts';
import { nodeTarget } from './node-target.ts';

// The one file of this package that runs code of `node:http`: its two messages, and nothing of its servers.

/** What the parser of Node does to its messages. */
interface ParsedMessage {
  _addHeaderLines(flat: string[], count: number): void;
}

/** What a server of Node does to its responses. */
interface ServedResponse {
  assignSocket(socket: DetachedSocket): void;
  useChunkedEncodingByDefault: boolean;
}

/** What Express, and what is made for it, know of a mounted request. */
interface MountedRequest {
  originalUrl?: string;
  baseUrl?: string;
}

/** Pulls the body: called when there is room for more. */
export type ReadBody = (request: IncomingMessage) => void;

/** The request of an environ. Without `read` it has no body. */
export function incomingMessage(
  environ: Environ,
  socket: DetachedSocket,
  read: ReadBody | undefined,
): IncomingMessage {
  const request = new IncomingMessage(socket as never);
  const isOld = environ.SERVER_PROTOCOL === 'HTTP/1.0';
  request.httpVersionMajor = 1;
  request.httpVersionMinor = isOld ? 0 : 1;
  request.httpVersion = isOld ? '1.0' : '1.1';
  request.method = environ.REQUEST_METHOD;
  const { url, baseUrl, originalUrl } = nodeTarget(environ);
  request.url = url;
  if (baseUrl !== '') Object.assign(request as MountedRequest, { baseUrl, originalUrl });
  const fields = fieldsOf(environ);
  (request as unknown as ParsedMessage)._addHeaderLines(fields, fields.length);
  // On the object itself: Express puts a prototype of its own in.
  if (read !== undefined) {
    request._read = (size) => {
      // It notes that somebody reads.
      IncomingMessage.prototype._read.call(request, size);
      read(request);
    };
  } else endBody(request, []);
  return request;
}

/** The body is complete. */
export function endBody(request: IncomingMessage, trailers: HeaderList): void {
  if (request.complete) return;
  for (const [name, value] of trailers) {
    request.rawTrailers.push(name, value);
    request.trailers[name.toLowerCase()] ??= value;
  }
  request.complete = true;
  request.push(null);
}

/** A response that writes its head and its body to `socket`, the body as it is. */
export function serverResponse(request: IncomingMessage, socket: DetachedSocket): ServerResponse {
  const response = new ServerResponse(request);
  response.sendDate = false;
  response.shouldKeepAlive = false;
  const served = response as unknown as ServedResponse;
  served.useChunkedEncodingByDefault = false;
  // Framing is the server's, also where a program says `Transfer-Encoding: chunked` itself, as those do that pass the fields of another response on.
  Object.defineProperty(response, 'chunkedEncoding', { get: isNever, set: isIgnored });
  served.assignSocket(socket);
  return response;
}

/** There is room again. */
export function drain(response: ServerResponse): void {
  needDrain ??= Object.getOwnPropertySymbols(response).find((one) => one.description === 'kNeedDrain');
  const marks = response as unknown as Record<symbol, boolean>;
  if (needDrain === undefined || marks[needDrain] !== true || response.writableEnded) return;
  marks[needDrain] = false;
  response.emit('drain');
}

/** Where Node remembers that somebody waits: a pipe that begins while it stands would wait for ever. */
let needDrain: symbol | undefined;

function isNever(): boolean {
  return false;
}

function isIgnored(): void {
  // See above.
}

/**
 * The fields as they came, where the environ still says the same; what middleware has changed, added or removed is as it has it.
 */
function fieldsOf(environ: Environ): string[] {
  const flat: string[] = [];
  const raw = environ['wirestack.raw_headers'];
  const joined = new Map<string, string>();
  for (const [name, value] of raw) {
    const key = environKey(name);
    if (key === undefined) continue;
    const before = joined.get(key);
    joined.set(key, before === undefined ? value : `${before}${key === 'HTTP_COOKIE' ? '; ' : ', '}${value}`);
  }
  for (const [name, value] of raw) {
    const key = environKey(name);
    if (key !== undefined && joined.get(key) === environ[key]) flat.push(name, value);
  }
  for (const key of Object.keys(environ)) {
    const name = key.startsWith('HTTP_') ? key.slice(5) : key.startsWith('CONTENT_') ? key : '';
    const value = environ[key];
    if (name === '' || typeof value !== 'string' || joined.get(key) === value) continue;
    flat.push(name.toLowerCase().replaceAll('_', '-'), value);
  }
  return flat;
}
