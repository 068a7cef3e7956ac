import { reasonPhrase, type HeaderList } from '@wirestack/http/protocol';
import type { Application, Body, Chunk, StartResponse } from '../application.ts';
import type { Environ } from '../environ.ts';
import { run, type GatewayResponse } from '../run.ts';
import { UpgradeBody } from '../upgrade.ts';
import type { StatusText } from './response-parts.ts';

/** A response of an application up to its first chunk: nothing of it was sent, and its head is final. */
export interface SettledResponse {
  readonly status: number;
  readonly statusText: StatusText;
  readonly headers: HeaderList;
  /** All of it, where it is in memory; else a body that has to be read to its end, or closed. */
  readonly body: Chunk | Exclude<GatewayResponse['body'], Chunk>;
}

/**
 * For middleware that must know head and first chunk together: runs `app` up to there, as a server does, and leaves it to `answer` to call
 * `startResponse` and return a body. What the application writes or yields comes in one body; a second `startResponse` is settled before `answer`
 * sees anything, and behind it throws its error, as PEP 3333 has it. An array stays without a promise, joined to one chunk where it is short.
 *
 * Where `answer` fails the application's body is closed.
 */
export function answerSettled(
  app: Application,
  environ: Environ,
  startResponse: StartResponse,
  answer: (response: SettledResponse, startResponse: StartResponse) => Body | Promise<Body>,
): Body | Promise<Body> {
  const joining: Application = (given, start) => {
    const body = app(given, start);
    return Array.isArray(body) ? joined(body) : body;
  };
  const give = (response: GatewayResponse): Body | Promise<Body> => {
    const { status, reason = reasonPhrase(status), headers } = response;
    const body = response.upgrade === undefined ? response.body : upgradeOf(response, response.upgrade);
    const statusText = `${String(status)} ${reason}` as StatusText;
    let given;
    try {
      given = answer({ status, statusText, headers, body }, startResponse);
    } catch (error) {
      void discard(body).catch(() => undefined);
      throw error;
    }
    if (!(given instanceof Promise)) return given;
    return given.catch(async (error: unknown) => {
      await discard(body).catch(() => undefined);
      throw error;
    });
  };
  const response = run(joining, environ);
  return response instanceof Promise ? response.then(give) : give(response);
}

/** What `startResponse` and a body make of it, unchanged. */
export function passOn(
  { statusText, headers, body }: SettledResponse,
  startResponse: StartResponse,
  changed: HeaderList = headers,
): Body {
  startResponse(statusText, changed);
  return bodyOf(body);
}

export function isWhole(body: SettledResponse['body']): body is Chunk {
  return typeof body === 'string' || body instanceof Uint8Array;
}

/** As a {@link Body} to return: what is closed without having been read ends, too. */
export function bodyOf(body: SettledResponse['body']): Body {
  if (isWhole(body)) return body.length === 0 ? [] : [body];
  if ('close' in body || !(Symbol.asyncIterator in body)) return body;
  const iterator = body[Symbol.asyncIterator]();
  return {
    [Symbol.asyncIterator]: () => iterator,
    close: async () => {
      await iterator.return?.();
    },
  };
}

/** Closes a body that is not sent. */
export async function discard(body: SettledResponse['body']): Promise<void> {
  if (!isWhole(body)) await bodyOf(body).close?.();
}

/** What `run` took apart, as the application returned it. */
function upgradeOf({ body }: GatewayResponse, use: UpgradeBody['use']): UpgradeBody {
  const upgrade = new UpgradeBody(use);
  upgrade.close = async () => {
    if (typeof body === 'object' && Symbol.asyncIterator in body)
      await body[Symbol.asyncIterator]().return?.();
  };
  return upgrade;
}

/** Pieces that are all there, as one: their length is known then. Long ones stay as they are, for that would take their memory twice. */
function joined(body: Body & readonly Chunk[]): Body {
  if (body.length < 2 || body.close !== undefined) return body;
  let length = 0;
  let isText = true;
  for (const chunk of body) {
    if (typeof chunk !== 'string' && !((chunk as unknown) instanceof Uint8Array)) return body;
    isText &&= typeof chunk === 'string';
    length += chunk.length;
  }
  if (length > maxJoined) return body;
  if (isText) return [body.join('')];
  return [Buffer.concat(body.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk)))];
}

const maxJoined = 1_048_576;
