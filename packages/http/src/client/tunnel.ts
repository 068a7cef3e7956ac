import { type ByteReceiver, type ByteStream, type Deadline, armDeadline } from '@wirestack/socket';
import { HttpProtocolError } from '../errors.ts';
import type { HeaderList } from '../headers.ts';
import { ClientConnection } from '../protocol/client-connection.ts';
import type { TransportSettings } from './client-options.ts';
import { disconnected, HttpClientError } from './errors.ts';
import type { RequestTarget } from './request-target.ts';

/**
 * Asks a proxy for a tunnel to `target` (RFC 9110 9.3.6): from then on the stream leads there.
 *
 * @throws HttpClientError `PROXY_REFUSED` with the status, `DISCONNECTED`; HttpProtocolError; SocketError. The stream is aborted then.
 */
export function openTunnel(
  stream: ByteStream,
  target: RequestTarget,
  credentials: string | undefined,
  settings: TransportSettings,
  deadline: Deadline,
): Promise<ByteStream> {
  const authority = `${target.host.includes(':') ? `[${target.host}]` : target.host}:${String(target.port)}`;
  const headers: HeaderList = [
    ['Host', authority],
    ...(credentials === undefined ? [] : ([['Proxy-Authorization', credentials]] as const)),
  ];
  const protocol = new ClientConnection({ ...settings.messages, pipelining: false });
  return new Promise((resolve, reject) => {
    let isOver = false;
    const fail = (error: Error): void => {
      if (isOver) return;
      isOver = true;
      disarm();
      stream.abort(error);
      reject(error);
    };
    const disarm = armDeadline(deadline, fail);
    const advance = (): void => {
      try {
        for (let event = protocol.nextEvent(); event !== undefined; event = protocol.nextEvent()) {
          if (event.type === 'upgrade') {
            if (protocol.takeRest().length > 0) {
              // Who speaks TLS is not spoken to first: somebody in between would have these taken for the origin's.
              fail(
                new HttpProtocolError(
                  'UNSOLICITED',
                  'bytes behind the answer to CONNECT',
                  undefined,
                  'response',
                ),
              );
              return;
            }
            isOver = true;
            disarm();
            // The socket itself, paused, and nothing around it: TLS over anything else has no back-pressure.
            stream.pause();
            resolve(stream);
            return;
          }
          if (event.type === 'head') {
            const { status, reason } = event;
            const message = `the proxy refused a tunnel to ${authority}: ${String(status)} ${reason}`;
            fail(new HttpClientError('PROXY_REFUSED', message, { status }));
            return;
          }
        }
      } catch (error) {
        fail(protocol.hasResponseBegun ? (error as Error) : disconnected(undefined));
      }
    };
    const receiver: ByteReceiver = {
      data: (chunk) => {
        if (isOver) return;
        protocol.receive(chunk);
        advance();
      },
      end: () => {
        if (isOver) return;
        protocol.receiveEnd();
        advance();
      },
      closed: (error) => {
        fail(disconnected(error));
      },
      drain: () => undefined,
    };
    stream.attach(receiver);
    void stream.write(protocol.sendRequest({ method: 'CONNECT', target: authority, headers }) as string, {
      encoding: 'latin1',
    });
  });
}
