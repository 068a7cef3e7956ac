import { reasonPhrase, type HeaderList } from '@wirestack/http/protocol';
import type { Application, Body, StatusText } from '../application.ts';
import type { Environ } from '../environ.ts';
import { run } from '../run.ts';

/** Names and values; a field that stands several times has a list. */
export type RackHeaders = Readonly<Record<string, string | readonly string[]>>;

/** What a Rack application returns: status, header fields, body. */
export type RackResponse = readonly [status: number, headers: RackHeaders | HeaderList, body: Body];

/** An application in the manner of Rack and Ruby: all of the response is a value. */
export type RackApplication = (environ: Environ) => RackResponse | Promise<RackResponse>;

/**
 * An application that returns all of its response at once, in Rack's form (rack SPEC, "The Response"):
 *
 * ```ts
 * fromRack((environ) => [200, { 'Content-Type': 'text/plain' }, [`hello ${environ.REMOTE_ADDR}\n`]])
 * ```
 *
 * @throws GatewayUsageError, when it runs, as `startResponse` does
 */
export function fromRack(application: RackApplication): Application {
  return (environ, startResponse) => {
    const begin = ([status, headers, body]: RackResponse): Body => {
      startResponse(`${String(status)} ${reasonPhrase(status)}` as StatusText, listOf(headers));
      return body;
    };
    const response = application(environ);
    return 'then' in response ? response.then(begin) : begin(response);
  };
}

/** The other way round: an application as a function of the environ. The body has to be read to its end, or its iterator's `return()` called. */
export function toRack(app: Application): (environ: Environ) => Promise<RackResponse> {
  return async (environ) => {
    const { status, headers, body } = await run(app, environ);
    return [status, headers, typeof body === 'string' || body instanceof Uint8Array ? [body] : body];
  };
}

function listOf(headers: RackHeaders | HeaderList): HeaderList {
  if (Array.isArray(headers)) return headers as HeaderList;
  return Object.entries(headers as RackHeaders).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((one) => [name, one] as const),
  );
}
