import {
  serve,
  SocketError,
  StreamReader,
  type AddressLike,
  type ByteStream,
  type RunningServer,
  type ServeOptions,
} from '@wirestack/socket';
import type { Application } from '../application.ts';
import { standardError } from '../standard-error.ts';
import { FrontServerError } from '../errors.ts';
import { run } from '../run.ts';
import { LazyAbort } from './lazy-abort.ts';
import { serveApplication } from './serve-application.ts';
import { serverError, writeCgiResponse } from './cgi-response.ts';
import { environOfVariables } from './variables-environ.ts';

/** `onError` is told of what an application throws, which the client sees as 500, and of requests that are none. */
export interface FrontServerOptions extends ServeOptions {
  /** Where the front server mounts the application, if its `SCRIPT_NAME` does not say: what `PATH_INFO` leaves out. Default: at the root. */
  readonly scriptName?: string;
  /** For the variables to arrive. Default 15,000. */
  readonly headTimeoutMs?: number;
  /** Between two pieces of a request body. Default 30,000. */
  readonly bodyTimeoutMs?: number;
  /** Of all variables together. Default 65,536: front servers keep heads shorter themselves. */
  readonly maxHeadBytes?: number;
}

/** How the head of a request is read: what differs between SCGI and uwsgi. */
export interface HeadReader {
  readonly protocol: 'SCGI' | 'uwsgi';
  /** What its answers begin with. */
  readonly statusPrefix: 'Status:' | 'HTTP/1.0';
  /** `undefined` where nothing comes: a check of whether somebody is here. @throws FrontServerError SocketError */
  read(reader: StreamReader, settings: HeadSettings): Promise<ReadonlyMap<string, string> | undefined>;
}

export interface HeadSettings {
  readonly headTimeoutMs: number;
  readonly maxHeadBytes: number;
}

interface Settings extends HeadSettings {
  readonly scriptName: string;
  readonly bodyTimeoutMs: number;
}

/** Serves an application by a protocol with one request a connection: its variables, its body, and an answer as CGI has it. */
export function serveRequests(
  address: AddressLike,
  app: Application,
  options: FrontServerOptions,
  head: HeadReader,
): Promise<RunningServer> {
  const { scriptName = '', headTimeoutMs = 15_000, bodyTimeoutMs = 30_000, maxHeadBytes = 65_536 } = options;
  const settings = { scriptName, headTimeoutMs, bodyTimeoutMs, maxHeadBytes };
  const { onError = reportError } = options;
  return serveApplication(app, () =>
    serve(
      address,
      (stream) =>
        answer(stream, app, settings, head, (error) => {
          onError(error, stream);
        }),
      options,
    ),
  );
}

function reportError(error: unknown): void {
  console.error(error);
}

async function answer(
  stream: ByteStream,
  app: Application,
  settings: Settings,
  head: HeadReader,
  report: (error: unknown) => void,
): Promise<void> {
  const reader = new StreamReader(stream);
  const variables = await head.read(reader, settings);
  if (variables === undefined) return;
  let left = Number(variables.get('CONTENT_LENGTH') ?? '');
  const gone = new LazyAbort();
  let isAnswered = false;
  stream.closed.then(
    () => {
      if (!isAnswered) gone.abort(new SocketError('PEER_CLOSED', 'the front server closed the connection'));
    },
    (error: unknown) => {
      gone.abort(error);
    },
  );
  const environ = environOfVariables(variables, {
    scriptName: settings.scriptName,
    get signal() {
      return gone.signal;
    },
    errors: standardError,
    input: {
      read: async () => {
        if (left === 0) return undefined;
        const chunk = await reader.read({ timeoutMs: settings.bodyTimeoutMs });
        if (chunk === undefined)
          throw new FrontServerError(head.protocol, 'the body is shorter than its CONTENT_LENGTH');
        if (chunk.length > left)
          throw new FrontServerError(head.protocol, 'there is more than one request on a connection');
        left -= chunk.length;
        return chunk;
      },
    },
  });
  const isHead = environ.REQUEST_METHOD === 'HEAD';
  let response;
  try {
    response = await run(app, environ);
  } catch (error) {
    report(error);
    response = serverError;
  }
  await writeCgiResponse(response, isHead, (bytes) => stream.write(bytes), head.statusPrefix);
  isAnswered = true;
  if (left > 0) await linger(stream, reader, left);
}

/**
 * The application has left some of the body: it is read, until the front server has its answer and closes. Bytes that nobody reads would have it get a reset in place
 * of the end of the answer.
 */
async function linger(stream: ByteStream, reader: StreamReader, left: number): Promise<void> {
  await stream.shutdown('write');
  for (let size = 1; left > 0 && size > 0; left -= size) {
    const chunk = await reader.read({ timeoutMs: lingerMs }).catch(() => undefined);
    size = chunk?.length ?? 0;
  }
}

/** Between two pieces of a body that nobody wants. */
const lingerMs = 2000;
