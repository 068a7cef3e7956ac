import type { Middleware } from '../application.ts';
import { environKey, type Environ } from '../environ.ts';
import { keepLifespan } from '../lifespan.ts';
import { changeHeaders, fieldOf } from './response-parts.ts';

export interface RequestIdOptions {
  /** Where an id comes in and goes out. Default `X-Request-ID`, as nginx, Heroku and Envoy. */
  readonly header?: string;
  /** Whether the id of this request is believed: by its address, for instance. Default: nobody's, for whoever chooses an id chooses what the log says. */
  readonly trust?: (environ: Environ) => boolean;
  /**
   * Makes an id. Default `crypto.randomUUID`: 122 random bits, so that ids of several processes never
   * meet, and none can be guessed. Node draws them from a pool: about three times what a counter would take, still a microsecond at most.
   */
  readonly generate?: () => string;
}

/**
 * Gives each request an id: `wirestack.request_id`, and a header of the response where the application has not set it.
 *
 * ```ts
 * const app = requestId({ trust: ({ REMOTE_ADDR }) => REMOTE_ADDR === '10.0.0.1' })(routes);
 * ```
 *
 * An id that came with the request is taken only if it is trusted, and made of 1 to 128 letters, digits and `._~+/=:@-`: no blank, no comma (two ids), nothing that a log has to escape.
 *
 * @throws TypeError for a header that is no name, and options that are no functions
 */
export function requestId(options: RequestIdOptions = {}): Middleware {
  const { header = 'X-Request-ID', trust, generate = () => crypto.randomUUID() } = options;
  if (typeof header !== 'string' || !/^[\w!#$%&'*+\-.^`|~]+$/.test(header)) {
    throw new TypeError(`header: ${JSON.stringify(header)} is no name of a field`);
  }
  const key = environKey(header);
  if (key === undefined) throw new TypeError(`header: ${header} never comes to an environ`);
  if (trust !== undefined && typeof trust !== 'function') throw new TypeError('trust is no function');
  if (typeof generate !== 'function') throw new TypeError('generate is no function');
  const lowerName = header.toLowerCase();
  return (app) =>
    keepLifespan(app, (environ, startResponse) => {
      const given = environ[key];
      const isTaken = isWellFormed(given) && trust?.(environ) === true;
      const id = isTaken ? given : generate();
      environ['wirestack.request_id'] = id;
      return app(
        environ,
        changeHeaders(startResponse, (headers) =>
          fieldOf(headers, lowerName) === undefined ? [...headers, [header, id]] : headers,
        ),
      );
    });
}

function isWellFormed(id: unknown): id is string {
  return typeof id === 'string' && /^[\w.~+/=:@-]{1,128}$/.test(id);
}
