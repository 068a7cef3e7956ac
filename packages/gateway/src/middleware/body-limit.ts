import { HttpProtocolError } from '@wirestack/http';
import type { Middleware } from '../application.ts';
import { InputStream, type InputSource } from '../input-stream.ts';
import { keepLifespan } from '../lifespan.ts';
import { textResponse } from '../text-response.ts';

/**
 * Refuses request bodies of more than `bytes`.
 *
 * ```ts
 * const app = errorPages()(bodyLimit(1_048_576)(routes));
 * ```
 *
 * One whose Content-Length says so is answered with 413 unread: a client that waits for `100 Continue` has not sent a byte of it. One without (chunks) is counted as it is read; past
 * the limit reading rejects with `HttpProtocolError` `BODY_TOO_LARGE`, whose `status` is 413: `errorPages` answers with it. `wsgi.input` never gives more than `bytes`.
 *
 * It does not replace the limit of the server (`maxBodyBytes`), which counts what nobody reads, too: it is for routes that need less. RFC 9110 15.5.14.
 *
 * @throws TypeError for what is no count
 */
export function bodyLimit(bytes: number): Middleware {
  if (typeof bytes !== 'number' || !(bytes >= 0)) throw new TypeError('bytes is no count');
  return (app) =>
    keepLifespan(app, (environ, startResponse) => {
      const { CONTENT_LENGTH } = environ;
      if (CONTENT_LENGTH === undefined || CONTENT_LENGTH === '') {
        environ['wsgi.input'] = new InputStream({ body: new CountedSource(environ['wsgi.input'], bytes) });
      } else if (!(Number(CONTENT_LENGTH) <= bytes)) {
        return textResponse(startResponse, '413 Content Too Large');
      }
      return app(environ, startResponse);
    });
}

class CountedSource implements InputSource {
  readonly #input: InputStream;
  readonly #limit: number;
  #chunks: AsyncIterator<Uint8Array, void> | undefined;
  #left: number;

  constructor(input: InputStream, limit: number) {
    this.#input = input;
    this.#limit = limit;
    this.#left = limit;
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#left < 0) throw this.#tooLarge();
    this.#chunks ??= this.#input[Symbol.asyncIterator]();
    const { done, value } = await this.#chunks.next();
    if (done === true) return undefined;
    this.#left -= value.length;
    if (this.#left < 0) throw this.#tooLarge();
    return value;
  }

  #tooLarge(): HttpProtocolError {
    return new HttpProtocolError('BODY_TOO_LARGE', `a body of more than ${String(this.#limit)} bytes`);
  }
}
