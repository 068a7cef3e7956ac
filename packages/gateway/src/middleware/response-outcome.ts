import type { Application, Body, Chunk, StartResponse, Write } from '../application.ts';
import type { Environ } from '../environ.ts';
import { FileWrapper } from '../file-wrapper.ts';
import { UpgradeBody } from '../upgrade.ts';
import { changeBody, codeOf, watchBody, type BodyWatcher } from './response-parts.ts';

/** What became of a response, as far as middleware can see it: whether the client got it, the server knows. */
export interface ResponseOutcome {
  /** Of the head that counts: the last one. 500 where the application failed before it had said anything that was sent. */
  readonly status: number;
  /** Bytes of the body that the server took; of a `FileWrapper` its length. 0 for HEAD. */
  readonly bodyBytes: number;
  /** The body was left before its end: the client is gone, or the application failed under way. */
  readonly isAborted: boolean;
}

/** Runs `app`; `ended` is called once when its response is done with, or it has failed. What `ended` throws goes to `wsgi.errors`, for it is not the client's concern. */
export function watchResponse(
  app: Application,
  environ: Environ,
  startResponse: StartResponse,
  ended: (outcome: ResponseOutcome) => void,
): Body | Promise<Body> {
  return new WatchedResponse(environ, startResponse, ended).run(app);
}

class WatchedResponse implements BodyWatcher {
  readonly #environ: Environ;
  /** As it was sent: middleware on the way in may change it. */
  readonly #isHead: boolean;
  readonly #startResponse: StartResponse;
  readonly #ended: (outcome: ResponseOutcome) => void;
  #status = 0;
  #bytes = 0;
  #isComplete = false;
  #isOpaque = false;
  #isOver = false;

  constructor(environ: Environ, startResponse: StartResponse, ended: (outcome: ResponseOutcome) => void) {
    this.#environ = environ;
    this.#isHead = environ.REQUEST_METHOD === 'HEAD';
    this.#startResponse = startResponse;
    this.#ended = ended;
  }

  run(app: Application): Body | Promise<Body> {
    let body;
    try {
      body = app(this.#environ, this.#start);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    const watched = changeBody(body, this.#watch);
    if (watched instanceof Promise) watched.catch(this.#fail);
    return watched;
  }

  readonly #fail = (error: unknown): void => {
    this.end(error ?? unsaid);
  };

  readonly #start: StartResponse = (status, headers, error) => {
    const write = this.#startResponse(status, headers, error);
    this.#status = codeOf(status);
    return this.#counted(write);
  };

  #counted(write: Write): Write {
    return (chunk) => {
      this.chunk(chunk);
      return write(chunk);
    };
  }

  readonly #watch = (body: Body): Body => {
    this.#isOpaque = body instanceof FileWrapper || body instanceof UpgradeBody;
    if (body instanceof FileWrapper) this.#bytes += body.length;
    return watchBody(body, this);
  };

  chunk(chunk: Chunk): void {
    this.#bytes += typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length;
  }

  complete(): void {
    this.#isComplete = true;
  }

  end(error?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // Before the first byte the server still answers 500 (see `run`).
    const isUnsent = error !== undefined && this.#bytes === 0;
    const status = isUnsent || this.#status === 0 ? 500 : this.#status;
    const isAborted = !isUnsent && !this.#isComplete && (error !== undefined || this.#wasLeft());
    try {
      this.#ended({ status, bodyBytes: this.#isHead ? 0 : this.#bytes, isAborted });
    } catch (failure) {
      this.#environ['wsgi.errors'].write(`${String(failure)}\n`);
    }
  }

  /** A file is not read here, and nothing for HEAD: there only the client's leaving tells. */
  #wasLeft(): boolean {
    return this.#isOpaque || this.#isHead ? this.#environ['wirestack.signal'].aborted : true;
  }
}

/** In place of an error that is `undefined`. */
const unsaid = new Error('undefined was thrown');
