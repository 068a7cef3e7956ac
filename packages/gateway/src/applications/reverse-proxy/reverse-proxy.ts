import { reasonPhrase, type HeaderList } from '@wirestack/http';
import { HttpClientError, type ClientRequest, type ClientResponse } from '@wirestack/http/client';
import { SocketError, type ByteStream } from '@wirestack/socket';
import type { Application, Body, StartResponse, StatusText } from '../../application.ts';
import type { Environ } from '../../environ.ts';
import { withLifespan } from '../../lifespan.ts';
import { rawPathInfo } from '../../request-uri.ts';
import { textResponse } from '../../text-response.ts';
import { isLoop, requestFields, responseFields, type ForwardedOptions } from './forwarded-fields.ts';
import { tunnel } from './tunnel.ts';
import { Upstreams, type Upstream, type UpstreamsOptions } from './upstreams.ts';

/** Of the connections to the servers, `ForwardedOptions` and how they are chosen besides. */
export interface ReverseProxyOptions extends ForwardedOptions, UpstreamsOptions {
  /** Other servers that a request may go to where one fails before it has answered. Default: all of them, once each. */
  readonly maxRetries?: number;
  /** Quiet on a connection that has changed its protocol; then it is cut. Default 600,000 (nginx 60 s, which WebSockets have to work around). */
  readonly tunnelIdleTimeoutMs?: number;
  /** Told why a client was answered with 502 or 504. Default: written to `wsgi.errors`. */
  readonly onError?: (error: unknown, environ: Environ) => void;
}

/**
 * Passes requests on to servers, and their answers back: bodies stream both ways, fields of the connection stay behind (RFC 9110 7.6), `Forwarded` (RFC 7239) and
 * `X-Forwarded-*` say who asked, a connection may change its protocol, 103 Early Hints pass. The path behind where it is mounted is put behind the URL of the server, as it was sent.
 *
 * ```ts
 * const app = reverseProxy(['http://10.0.0.1:8000', 'http://10.0.0.2:8000'], { health: { path: '/readyz' } });
 * ```
 *
 * A server is chosen by how little it has to do; one that fails is left out for a while. A request goes to another one where the first cannot be reached, or, if it may be
 * sent twice and has no body, where it was lost (RFC 9110 9.2.2). 502 where no server answers as HTTP has it, 504 where none does in time, 503 where all are ill.
 *
 * @throws TypeError for a URL that is none of a server; HttpUsageError `BAD_OPTION`
 */
export function reverseProxy(
  upstreams: string | URL | readonly (string | URL)[],
  options: ReverseProxyOptions = {},
): Application {
  const servers = new Upstreams(
    typeof upstreams === 'string' || upstreams instanceof URL ? [upstreams] : upstreams,
    options,
  );
  const proxy: Application = (environ, startResponse) => {
    const { REQUEST_METHOD: method } = environ;
    // A tunnel to anywhere, and a mirror of credentials: neither is for the servers behind.
    if (method === 'CONNECT' || method === 'TRACE') return textResponse(startResponse, '501 Not Implemented');
    if (isLoop(environ, options)) return textResponse(startResponse, '508 Loop Detected');
    const path = rawPathInfo(environ);
    // In the URL of the server they would lead out of it, and past what has been let through.
    if (dotSegment.test(path)) return textResponse(startResponse, '400 Bad Request');
    return pass(environ, startResponse, servers, options, path);
  };
  return withLifespan(proxy, {
    start: () => {
      servers.start();
    },
    stop: () => servers.stop(),
  });
}

/** As it is, or escaped, for a URL knows no difference. */
const dotSegment = /(?:^|[/\\])(?:\.|%2e){1,2}(?:[/\\]|$)/i;

async function pass(
  environ: Environ,
  startResponse: StartResponse,
  servers: Upstreams,
  options: ReverseProxyOptions,
  path: string,
): Promise<Body> {
  const outgoing = new OutgoingRequest(environ, options, path);
  const tried = new Set<Upstream>();
  const maxTries = 1 + (options.maxRetries ?? servers.all.length - 1);
  let failure: unknown;
  while (tried.size < maxTries) {
    const upstream = servers.choose(tried);
    if (upstream === undefined) break;
    tried.add(upstream);
    upstream.busy++;
    let isUnderWay = false;
    const done = (): void => {
      upstream.busy--;
    };
    try {
      const response = await servers.send(upstream, outgoing.to(upstream));
      isUnderWay = true;
      return answer(response, environ, startResponse, options, done);
    } catch (error) {
      failure = error;
      if (outgoing.inputFailed || environ['wirestack.signal'].aborted) throw error;
      if (!outgoing.mayGoAgain(error)) break;
    } finally {
      if (!isUnderWay) done();
    }
  }
  if (failure === undefined)
    return textResponse(startResponse, '503 Service Unavailable', [['Retry-After', '5']]);
  const { onError = complain } = options;
  onError(failure, environ);
  const isLate = failure instanceof HttpClientError && failure.code === 'TIMED_OUT';
  return textResponse(startResponse, isLate ? '504 Gateway Timeout' : '502 Bad Gateway');
}

function complain(error: unknown, environ: Environ): void {
  environ['wsgi.errors'].write(`${environ.REQUEST_METHOD} ${environ.PATH_INFO}: ${String(error)}\n`);
}

/** A request as it goes on, as often as it has to. */
class OutgoingRequest {
  /** The client broke off, or broke the protocol: no server's fault. */
  inputFailed = false;
  readonly #environ: Environ;
  readonly #fields: HeaderList;
  readonly #path: string;
  readonly #hasBody: boolean;
  #inputBegan = false;

  constructor(environ: Environ, options: ForwardedOptions, path: string) {
    const {
      CONTENT_LENGTH: length,
      QUERY_STRING: query,
      HTTP_TRANSFER_ENCODING: coding,
      HTTP_UPGRADE,
    } = environ;
    this.#environ = environ;
    this.#hasBody = coding !== undefined || (length !== undefined && length !== '0' && length !== '');
    const protocol = environ['wirestack.upgrade'] === undefined ? undefined : HTTP_UPGRADE;
    const fields = requestFields(environ, options, this.#hasBody);
    this.#fields =
      protocol === undefined ? fields : [...fields, ['Connection', 'Upgrade'], ['Upgrade', protocol]];
    this.#path = path + (query === '' ? '' : `?${query}`);
  }

  to(upstream: Upstream): ClientRequest {
    const environ = this.#environ;
    return {
      url: upstream.base + this.#path,
      method: environ.REQUEST_METHOD,
      headers: this.#fields,
      body: this.#hasBody ? this.#body() : undefined,
      options: {
        signal: environ['wirestack.signal'],
        trailers: () => environ['wirestack.trailers'],
        onInformational: (status, headers) => {
          if (status === 103) environ['wirestack.early_hints'](responseFields(headers));
        },
      },
    };
  }

  /** Nothing of it can have had an effect, or it may have its effect twice. */
  mayGoAgain(error: unknown): boolean {
    if (this.#inputBegan) return false;
    if (isUnreached(error)) return true;
    return !this.#hasBody && idempotent.has(this.#environ.REQUEST_METHOD);
  }

  async *#body(): AsyncGenerator<Uint8Array, void, undefined> {
    this.#inputBegan = true;
    try {
      for await (const chunk of this.#environ['wsgi.input']) yield chunk;
    } catch (error) {
      this.inputFailed = true;
      throw error;
    }
  }
}

function answer(
  response: ClientResponse,
  environ: Environ,
  startResponse: StartResponse,
  options: ReverseProxyOptions,
  done: () => void,
): Body {
  const { status, reason, headers, body, upgraded } = response;
  const text = `${String(status)} ${reason === '' ? reasonPhrase(status) : reason}` as StatusText;
  const upgrade = environ['wirestack.upgrade'];
  try {
    if (upgraded !== undefined && upgrade !== undefined) {
      const protocol = headers.get('upgrade') ?? '';
      startResponse(text, [...responseFields(headers), ['Upgrade', protocol]]);
      const { tunnelIdleTimeoutMs = 600_000 } = options;
      const made = upgrade((stream: ByteStream) => tunnel(stream, upgraded, tunnelIdleTimeoutMs));
      made.close = () => {
        upgraded.abort();
        done();
        return Promise.resolve();
      };
      return made;
    }
    startResponse(text, responseFields(headers));
  } catch (error) {
    body.cancel(error);
    upgraded?.abort(error);
    done();
    throw error;
  }
  return {
    [Symbol.asyncIterator]: () => body[Symbol.asyncIterator](),
    close: () => {
      // Read to its end there is nothing left to give up.
      body.cancel();
      done();
    },
  };
}

/** RFC 9110 9.2.2. */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** There was no connection that it could have gone over. */
function isUnreached(error: unknown): boolean {
  if (error instanceof HttpClientError)
    return error.code === 'QUEUE_FULL' || error.phase === 'connect' || error.phase === 'queue';
  return error instanceof SocketError && unreached.has(error.code);
}

const unreached: ReadonlySet<string> = new Set(['REFUSED', 'UNREACHABLE', 'NOT_FOUND', 'UNAVAILABLE', 'TLS']);
