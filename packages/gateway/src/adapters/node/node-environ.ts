import type { HeaderList } from '@wirestack/http';
import { checkFields } from '@wirestack/http/protocol';
import { BaseEnviron, defineLazyKeys } from '../../environ-base.ts';
import { decodePath, environKey, joinValues } from '../../environ.ts';
import { standardError } from '../../standard-error.ts';
import type { NodeAnswer } from './node-response.ts';
import type { NodeRequest, NodeResponse } from './to-node-listener.ts';

/** What Express adds to a request of an application that it has mounted. */
interface Mounted {
  readonly baseUrl?: unknown;
  readonly originalUrl?: unknown;
}

/** The environ of a request to a server of Node. */
export class NodeEnviron extends BaseEnviron {
  /** The objects of Node: for what has no other name here. */
  declare 'wirestack.node': {
    readonly request: NodeRequest;
    readonly response: NodeResponse;
    readonly answer: NodeAnswer;
  };

  constructor(request: NodeRequest, response: NodeResponse, answer: NodeAnswer) {
    const { socket } = request;
    const { baseUrl, originalUrl } = request as Mounted;
    const isMounted = typeof baseUrl === 'string' && baseUrl !== '';
    const target = request.url ?? '/';
    const queryAt = target.indexOf('?');
    const isSecure = 'encrypted' in socket && socket.encrypted;
    super(answer, { scheme: isSecure ? 'https' : 'http', errors: standardError, isMultiprocess: false });
    this.REQUEST_METHOD = request.method ?? 'GET';
    this.SCRIPT_NAME = isMounted ? decodePath(baseUrl) : '';
    this.PATH_INFO = decodePath(pathOf(queryAt < 0 ? target : target.slice(0, queryAt)));
    this.QUERY_STRING = queryAt < 0 ? '' : target.slice(queryAt + 1);
    this.SERVER_NAME = socket.localAddress ?? 'localhost';
    this.SERVER_PORT = String(socket.localPort ?? (isSecure ? 443 : 80));
    this.SERVER_PROTOCOL = `HTTP/${request.httpVersion}`;
    this.REMOTE_ADDR = socket.remoteAddress ?? '';
    this.REQUEST_URI = isMounted && typeof originalUrl === 'string' ? originalUrl : target;
    this['wirestack.node'] = { request, response, answer };
    const fields = request.rawHeaders;
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i] as string;
      // HTTP/2 has the request line among its fields.
      const key = name.startsWith(':') ? undefined : environKey(name);
      if (key === undefined) continue;
      this[key] = joinValues(key, this[key] as string | undefined, fields[i + 1] as string);
    }
    if ('authority' in request) this.#completeHttp2(request);
  }

  /** There is no Host there, and a body needs no length. */
  #completeHttp2({ authority, stream }: { authority: string; stream: { endAfterHeaders: boolean } }): void {
    this['HTTP_HOST'] ??= authority;
    if (this['CONTENT_LENGTH'] === undefined && !stream.endAfterHeaders)
      this['HTTP_TRANSFER_ENCODING'] ??= 'chunked';
  }
}

defineLazyKeys(NodeEnviron, {
  'wirestack.signal': (environ) => environ['wirestack.node'].answer.signal,
  'wirestack.raw_headers': (environ) =>
    pairs(environ['wirestack.node'].request.rawHeaders).filter(([name]) => !name.startsWith(':')),
  'wirestack.trailers': (environ) => pairs(environ['wirestack.node'].request.rawTrailers),
  'wirestack.early_hints': (environ) => (headers) => {
    sendHints(headers, environ);
  },
});

/** Behind scheme and authority of a target in absolute form. */
function pathOf(target: string): string {
  const authorityAt = target.startsWith('/') ? 1 : target.indexOf('//') + 2;
  if (authorityAt === 1) return target;
  const at = target.indexOf('/', authorityAt);
  return at < 0 ? '/' : target.slice(at);
}

/** @throws HttpUsageError `BAD_FIELD`; TypeError for a Link that Node does not take */
function sendHints(headers: HeaderList, environ: NodeEnviron): void {
  const { response } = environ['wirestack.node'];
  checkFields(headers);
  if (response.headersSent || environ.SERVER_PROTOCOL === 'HTTP/1.0') return;
  const hints: Record<string, string | string[]> = {};
  for (const [given, value] of headers) {
    const name = given.toLowerCase();
    const before = hints[name];
    hints[name] = before === undefined ? value : [before, value].flat();
  }
  response.writeEarlyHints(hints);
}

function pairs(flat: readonly string[]): HeaderList {
  return Array.from({ length: flat.length / 2 }, (_, i) => [
    flat[2 * i] as string,
    flat[2 * i + 1] as string,
  ]);
}
