import type { HeaderList } from '@wirestack/http';
import type { Body, Chunk, StartResponse, StatusText } from '../application.ts';
import { FileWrapper } from '../file-wrapper.ts';
import { UpgradeBody } from '../upgrade.ts';

/** What middleware does to a response: its head by the `startResponse` that it hands on, its body when it has it. */
export type { StatusText };

/** A `startResponse` whose header fields pass through `change`. */
export function changeHeaders(
  startResponse: StartResponse,
  change: (headers: HeaderList, status: StatusText) => HeaderList,
): StartResponse {
  return (status, headers, error) => startResponse(status, change(headers, status), error);
}

/** `change` of the body, at once where it is there already: no promise that the application did not make. */
export function changeBody(
  body: Body | Promise<Body>,
  change: (body: Body) => Body | Promise<Body>,
): Body | Promise<Body> {
  return isPromise(body) ? body.then(change) : change(body);
}

/** The code of `404 Not Found`. */
export function codeOf(status: StatusText): number {
  return Number(status.slice(0, 3));
}

/** The first value of a field, its name given in lower case. */
export function fieldOf(headers: HeaderList, name: string): string | undefined {
  for (const header of headers) {
    if (header[0].length === name.length && header[0].toLowerCase() === name) return header[1];
  }
  return undefined;
}

/** Told of a body on its way. */
export interface BodyWatcher {
  /** A piece goes to the server. Not called for a `FileWrapper`: its `length` is known. */
  chunk?(chunk: Chunk): void;
  /** It was read to its end; `end` follows. Not called for a `FileWrapper`, which the server sends by means of its own. */
  complete?(): void;
  /** The body is done with, once: read to its end, left early, or failed. A body that is an array is done with when the server has it. */
  end(error?: unknown): void;
}

/** The body, watched. An array stays one, so that it still goes out as a whole; so do `FileWrapper` and what `wirestack.upgrade` made. */
export function watchBody(body: Body, watcher: BodyWatcher): Body {
  if (Array.isArray(body) && (body as Body).close === undefined) {
    for (const chunk of body as readonly Chunk[]) watcher.chunk?.(chunk);
    watcher.complete?.();
    watcher.end();
    return body as Body;
  }
  let isOver = false;
  const end = (error?: unknown): void => {
    if (isOver) return;
    isOver = true;
    watcher.end(error);
  };
  if (body instanceof FileWrapper || body instanceof UpgradeBody) return closingAfter(body, end);
  return new WatchedBody(body, watcher, end);
}

/** These the server knows by their class, and they are of one request: the hook goes on the object itself. */
function closingAfter(body: FileWrapper | UpgradeBody, end: () => void): Body {
  const close = body.close.bind(body);
  body.close = async () => {
    try {
      await close();
    } finally {
      end();
    }
  };
  return body;
}

class WatchedBody implements AsyncIterable<Chunk> {
  readonly #body: Body;
  readonly #watcher: BodyWatcher;
  readonly #end: (error?: unknown) => void;

  constructor(body: Body, watcher: BodyWatcher, end: (error?: unknown) => void) {
    this.#body = body;
    this.#watcher = watcher;
    this.#end = end;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Chunk, void, undefined> {
    try {
      for await (const chunk of this.#body) {
        this.#watcher.chunk?.(chunk);
        yield chunk;
      }
      this.#watcher.complete?.();
    } catch (error) {
      this.#end(error);
      throw error;
    }
  }

  async close(): Promise<void> {
    try {
      await this.#body.close?.();
    } finally {
      this.#end();
    }
  }
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return value instanceof Promise || (typeof value === 'object' && value !== null && 'then' in value);
}
