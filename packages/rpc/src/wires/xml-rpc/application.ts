import type { Service } from '../../service.ts';
import { XmlRpcDispatcher } from './dispatcher.ts';
import type { XmlRpcCallOrigin, XmlRpcDispatcherOptions } from './dispatcher.ts';

/** {@link XmlRpcDispatcherOptions}, and what concerns HTTP. */
export interface XmlRpcApplicationOptions extends XmlRpcDispatcherOptions {
  /** The paths that are answered, relative to where the application is mounted; others are 404. Default: every path. Python has `['/', '/RPC2']`. */
  readonly paths?: readonly string[];
  /**
   * Whether requests of any Content-Type are taken, as Python does. Default false: `text/xml`, as the specification has it, or
   * `application/xml`, others and none are 415. Any web page can have a visitor's browser post `text/plain`, or bytes of no type, to a
   * server that only the visitor reaches; for XML the browser asks first.
   */
  readonly anyContentType?: boolean;
}

/** What the application needs of a gateway's environ. */
export interface XmlRpcEnviron {
  readonly REQUEST_METHOD: string;
  readonly PATH_INFO: string;
  readonly CONTENT_TYPE?: string | undefined;
  readonly CONTENT_LENGTH?: string | undefined;
  readonly HTTP_CONTENT_ENCODING?: string | undefined;
  readonly 'wsgi.input': { read(size?: number): Promise<Uint8Array> };
  /** Whether the input ends by itself, which a body without Content-Length needs. */
  readonly 'wsgi.input_terminated'?: unknown;
  readonly 'wsgi.errors': { write(text: string): void };
  readonly 'wirestack.signal'?: AbortSignal | undefined;
}

/** PEP 3333's `start_response`. */
export type XmlRpcStartResponse = (
  status: `${number} ${string}`,
  headers: readonly (readonly [name: string, value: string])[],
) => unknown;

/** Fits the `Application` of `@wirestack/gateway`, which is not imported. */
export type XmlRpcApplication = (
  environ: XmlRpcEnviron,
  startResponse: XmlRpcStartResponse,
) => Promise<Uint8Array[]>;

/**
 * A service as a gateway application: XML-RPC over HTTP.
 *
 * ```ts
 * const api = service({ add: (a: number, b: number) => a + b });
 * await makeServer('127.0.0.1:8000', xmlRpcApplication(api, { introspection: true }));
 * ```
 *
 * Faults are answers, of status 200. Refused are: methods other than POST (405), other paths (404), other types and compressed bodies
 * (415: a few bytes could hold gigabytes), bodies above `limits.maxBytes` (413), and bodies whose length is not known (411). A body cut short is
 * never run (400). A client that leaves aborts the `signal` of its call. Errors that the caller is not told about are written to `wsgi.errors`, where
 * no `onError` is given.
 *
 * @throws RpcUsageError for a limit that is none, and for what `service()` did not make
 */
export function xmlRpcApplication(
  service: Service,
  options: XmlRpcApplicationOptions = {},
): XmlRpcApplication {
  const { paths, anyContentType = false } = options;
  const dispatcher = new XmlRpcDispatcher(service, options);
  return async (environ, startResponse) => {
    const refusal = refuse(environ, paths, anyContentType);
    if (refusal !== undefined) return respondRefusal(startResponse, refusal);
    const body = await readBody(environ, dispatcher.maxBytes);
    if (typeof body === 'string') return respondRefusal(startResponse, body);
    const answer = await dispatcher.dispatch(body, new Origin(environ, options.onError));
    startResponse('200 OK', [
      ['Content-Type', 'text/xml; charset=utf-8'],
      ['Content-Length', String(answer.length)],
    ]);
    return [answer];
  };
}

type Refusal =
  | '400 Bad Request'
  | '404 Not Found'
  | '405 Method Not Allowed'
  | '411 Length Required'
  | '413 Content Too Large'
  | '415 Unsupported Media Type';

/** What the head alone says against a request. */
function refuse(
  environ: XmlRpcEnviron,
  paths: readonly string[] | undefined,
  anyContentType: boolean,
): Refusal | undefined {
  // Mounted at the path that was asked for, an application sees an empty one.
  if (paths !== undefined && !paths.includes(environ.PATH_INFO || '/')) return '404 Not Found';
  if (environ.REQUEST_METHOD !== 'POST') return '405 Method Not Allowed';
  if (!anyContentType && !xmlType.test(environ.CONTENT_TYPE ?? '')) return '415 Unsupported Media Type';
  const { HTTP_CONTENT_ENCODING: coding = '' } = environ;
  return /^(?:identity)?$/i.test(coding.trim()) ? undefined : '415 Unsupported Media Type';
}

const xmlType = /^\s*(?:text|application)\/xml\s*(?:;|$)/i;

function respondRefusal(startResponse: XmlRpcStartResponse, refusal: Refusal): Uint8Array[] {
  const text = Buffer.from(`${refusal}\n`);
  const headers: [string, string][] = [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Content-Length', String(text.length)],
  ];
  if (refusal === '405 Method Not Allowed') headers.push(['Allow', 'POST']);
  startResponse(refusal, headers);
  return [text];
}

/** The whole body, or why there is none. What the server knows to be cut short rejects in `read`. */
async function readBody(environ: XmlRpcEnviron, maxBytes: number): Promise<Uint8Array | Refusal> {
  const { CONTENT_LENGTH: announced = '' } = environ;
  if (announced !== '' && !/^[0-9]+$/.test(announced)) return '400 Bad Request';
  if (announced === '' && environ['wsgi.input_terminated'] !== true) return '411 Length Required';
  const length = announced === '' ? undefined : Number(announced);
  if (length !== undefined && length > maxBytes) return '413 Content Too Large';
  const body = await readUpTo(environ['wsgi.input'], length ?? maxBytes + 1);
  if (body.length > maxBytes) return '413 Content Too Large';
  return length === undefined || body.length === length ? body : '400 Bad Request';
}

/** Inputs that answer less than was asked for before their end are read on. */
async function readUpTo(input: XmlRpcEnviron['wsgi.input'], size: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  while (length < size) {
    const part = await input.read(size - length);
    if (part.length === 0) break;
    parts.push(part);
    length += part.length;
  }
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts, length);
}

/** The environ as where a call came from: its signal is made only where a procedure asks for it. */
class Origin implements XmlRpcCallOrigin {
  readonly onError: (error: unknown, method: string) => void;
  readonly #environ: XmlRpcEnviron;

  constructor(environ: XmlRpcEnviron, onError: ((error: unknown, method: string) => void) | undefined) {
    this.#environ = environ;
    this.onError = onError ?? this.#complain;
  }

  get signal(): AbortSignal | undefined {
    return this.#environ['wirestack.signal'];
  }

  readonly #complain = (error: unknown, method: string): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#environ['wsgi.errors'].write(`XML-RPC ${JSON.stringify(method)}: ${text}\n`);
  };
}
