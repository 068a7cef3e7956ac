import { HttpUsageError } from '../../errors.ts';
import { HeaderFields } from '../../headers.ts';
import type { ClientRequest, Interceptor } from '../client-request.ts';
import type { ClientResponse } from '../client-response.ts';
import { HttpClientError } from '../errors.ts';
import { codingsOf, decoderMakers, knownCodings, type ContentCoding } from './content-codings.ts';
import { decodedBody } from './decoded-body.ts';
import { fieldOf } from '../header-list.ts';

export interface DecompressionOptions {
  /**
   * Bytes that a body may become. Default 1 GiB: what is kept in memory has a limit of its own (64 MiB), and what is streamed costs none, so this one is there for
   * the disk or the loop at the other end of a bomb. There is no limit on the ratio: a body of zeros reaches 1000 with nobody meaning harm.
   */
  readonly maxBytes?: number | undefined;
  /** Codings one over another. Default 3; more than one is rare, and each is work. */
  readonly maxEncodings?: number | undefined;
  /** What is asked for, and undone. Default gzip, deflate, br, and zstd where the runtime has it. */
  readonly encodings?: readonly ContentCoding[] | undefined;
}

/**
 * Asks for compressed answers and decompresses them as they are read, no faster, by `node:zlib`, which is loaded with the first one. Content-Encoding and Content-Length are
 * taken from such an answer, for they describe what was sent.
 *
 * Left as it is: an answer with a coding that is not known, to HEAD, with 204, 304 or 206 (a part cannot be undone), and to a request with `decompress: false`. A request
 * with an Accept-Encoding of its own keeps it; one with Range asks for `identity`.
 *
 * Reading rejects with HttpClientError `BAD_ENCODING` where the body is broken, ends early or has something behind its end, zeros that pad aside; `BODY_TOO_LARGE` above
 * `maxBytes`. An empty body is one, coding or not. The request rejects with `BAD_ENCODING` above `maxEncodings`.
 *
 * @throws HttpUsageError `BAD_OPTION` for an encoding that this runtime cannot undo
 */
export function decompression(options: DecompressionOptions = {}): Interceptor {
  const { maxBytes = 1_073_741_824, maxEncodings = 3, encodings = knownCodings } = options;
  const unknown = encodings.find((coding) => !knownCodings.includes(coding));
  if (unknown !== undefined)
    throw new HttpUsageError('BAD_OPTION', `${unknown} cannot be undone by this runtime`);
  const accepted = encodings.length === 0 ? 'identity' : encodings.join(', ');

  return (request, next) => {
    if (request.options.decompress === false) return next(request);
    return next(accepting(request, accepted)).then((response) => {
      const value = response.headers.get('content-encoding');
      if (value === undefined || !isWhole(request, response)) return response;
      const codings = codingsOf(value, encodings);
      if (codings === undefined || codings.length === 0) return response;
      return decompressed(response, codings, { maxBytes, maxEncodings });
    });
  };
}

function accepting(request: ClientRequest, accepted: string): ClientRequest {
  const { headers } = request;
  if (fieldOf(headers, 'accept-encoding') !== undefined) return request;
  const value = fieldOf(headers, 'range') === undefined ? accepted : 'identity';
  return { ...request, headers: [...headers, ['Accept-Encoding', value]] };
}

/** Has it a body, and all of it? */
function isWhole({ method }: ClientRequest, { status }: ClientResponse): boolean {
  return method !== 'HEAD' && status !== 204 && status !== 206 && status !== 304;
}

async function decompressed(
  response: ClientResponse,
  codings: readonly ContentCoding[],
  { maxBytes, maxEncodings }: { readonly maxBytes: number; readonly maxEncodings: number },
): Promise<ClientResponse> {
  if (codings.length > maxEncodings) {
    const error = new HttpClientError(
      'BAD_ENCODING',
      `more than ${String(maxEncodings)} codings: ${codings.join(', ')}`,
    );
    response.body.cancel(error);
    throw error;
  }
  const makers = await decoderMakers(codings);
  const fields = Array.from(response.headers).filter(([name]) => !ofCoded.has(name.toLowerCase()));
  return response.with({
    headers: HeaderFields.from(fields),
    body: decodedBody(response.body, makers.reverse(), maxBytes),
  });
}

const ofCoded: ReadonlySet<string> = new Set(['content-encoding', 'content-length']);
