import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Address } from '../../address.ts';
import type { ByteStream } from '../../byte-stream.ts';
import { SocketUsageError } from '../../errors.ts';
import type { StreamHandler } from '../serve.ts';

/** A handler named by the module it lives in, so that other threads and processes can load it. Called, it loads it here. */
export interface ModuleHandler {
  (stream: ByteStream, clientAddress?: Address): Promise<void>;
  readonly url: string;
  readonly exportName: string;
}

/** The two words that cross to a worker. */
export type ModuleReference = Pick<ModuleHandler, 'url' | 'exportName'>;

const moduleHandlers = new WeakSet<object>();

/**
 * Names a handler by its module: `moduleHandler(new URL('./handler.js', import.meta.url))`. The export is a function of a
 * stream and the client's address, as the servers take them, or a class of the `RequestHandler` kind. Threads and processes want this, as a function
 * cannot cross to them; in the server's own thread it may be given as any other handler, and the module is loaded at the first request.
 *
 * @param url A `URL`, the text of one, or an absolute path.
 * @throws SocketUsageError `BAD_ARGUMENT` for a relative path: relative to what?
 */
export function moduleHandler(url: URL | string, exportName: string = 'default'): ModuleHandler {
  const reference: ModuleReference = { url: absoluteUrl(url), exportName };
  let loading: Promise<unknown> | undefined;
  const call = async (stream: ByteStream, clientAddress?: Address): Promise<void> => {
    const handler = await (loading ??= loadHandler(reference));
    await callHandler(handler, stream, clientAddress);
  };
  const handler = Object.assign(call, reference);
  moduleHandlers.add(handler);
  return handler;
}

/**
 * The handler's module, for a strategy that runs it elsewhere.
 *
 * @throws SocketUsageError `BAD_ARGUMENT` for any other handler.
 */
export function requireModuleHandler(handler: unknown, strategy: string): ModuleReference {
  if (typeof handler === 'function' && moduleHandlers.has(handler)) {
    const { url, exportName } = handler as ModuleHandler;
    return { url, exportName };
  }
  throw new SocketUsageError(
    'BAD_ARGUMENT',
    `${strategy} runs its handler in another thread or process, where a function cannot go: give it moduleHandler(new URL('./handler.js', import.meta.url))`,
  );
}

/** @throws SocketUsageError `BAD_ARGUMENT` for an export that is no handler; what the module throws as it loads. */
export async function loadHandler({ url, exportName }: ModuleReference): Promise<unknown> {
  // eslint-disable-next-line wirestack/layers -- the module is the application's, named at run time
  const exports = (await import(url)) as Record<string, unknown>;
  const handler = exports[exportName];
  if (typeof handler === 'function') return handler;
  throw new SocketUsageError('BAD_ARGUMENT', `${url} exports no function or class as ${exportName}`);
}

/** Serves one connection; resolves when the handler is done with the stream, which is still to be closed. */
export async function callHandler(
  handler: unknown,
  stream: ByteStream,
  clientAddress: Address = stream.remoteAddress,
): Promise<void> {
  if (isHandlerClass(handler)) {
    const request = new handler(stream, clientAddress, { address: stream.localAddress });
    await request.setup?.();
    try {
      await request.handle();
    } finally {
      await request.finish?.();
    }
    return;
  }
  const result = (handler as FunctionHandler)(stream, clientAddress);
  // One that returns nothing has taken the stream over, as a push-mode driver does.
  if (result === undefined) await stream.closed.catch(() => undefined);
  else await result;
}

/** The handler as `serve` takes it: a function as it is, for a promise more a connection is dear. */
export function streamHandler(handler: unknown): StreamHandler {
  if (isHandlerClass(handler)) return (stream) => callHandler(handler, stream);
  return (stream) => (handler as FunctionHandler)(stream, stream.remoteAddress);
}

type FunctionHandler = (stream: ByteStream, clientAddress: Address) => undefined | Promise<unknown>;

interface HandlerObject {
  setup?(): unknown;
  handle(): unknown;
  finish?(): unknown;
}

type HandlerClass = new (
  request: ByteStream,
  clientAddress: Address,
  server: { readonly address: Address },
) => HandlerObject;

function isHandlerClass(handler: unknown): handler is HandlerClass {
  const { prototype } = handler as { prototype?: { handle?: unknown } };
  return typeof prototype?.handle === 'function';
}

function absoluteUrl(url: URL | string): string {
  if (url instanceof URL) return url.href;
  if (isAbsolute(url)) return pathToFileURL(url).href;
  if (URL.canParse(url)) return url;
  throw new SocketUsageError(
    'BAD_ARGUMENT',
    `the module ${JSON.stringify(url)} is relative: give new URL(…, import.meta.url), which says to what`,
  );
}
