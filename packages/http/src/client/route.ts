import {
  connect,
  type AddressLike,
  type ByteStream,
  type ConnectStep,
  type Deadline,
  type SocketStream,
} from '@wirestack/socket';
import type { TransportSettings } from './client-options.ts';
import { HttpClientError } from './errors.ts';
import type { Proxy } from './proxies.ts';
import type { RequestTarget } from './request-target.ts';
import { openTunnel } from './tunnel.ts';

/** How an origin is reached. */
export interface Route {
  /** Requests go to a proxy that sends them on, as whole URLs. */
  readonly usesAbsoluteForm: boolean;
  /** For that proxy: `Proxy-Authorization`. */
  readonly credentials: string | undefined;
  /** A connection to send requests over; `onStep` is told how far it is. @throws SocketError; HttpClientError `TIMED_OUT` `PROXY_REFUSED` */
  open(deadline: Deadline, onStep: (step: ConnectStep) => void): Promise<ByteStream>;
}

/** The way to `target`: straight, by `proxy`, or by `settings.connectTo`, which is then the only one. */
export function routeTo(target: RequestTarget, proxy: Proxy | undefined, settings: TransportSettings): Route {
  const isSecure = target.scheme === 'https';
  if (proxy === undefined || settings.connectTo !== undefined) {
    const address = settings.connectTo ?? addressOf(target);
    return {
      usesAbsoluteForm: false,
      credentials: undefined,
      open: (deadline, onStep) =>
        timed(deadline, () =>
          connect(address, { ...settings.dial, ...deadline, onStep, ...tlsFor(isSecure, target, settings) }),
        ),
    };
  }
  if (!isSecure) {
    return {
      usesAbsoluteForm: true,
      credentials: proxy.credentials,
      open: (deadline, onStep) => timed(deadline, () => connectProxy(proxy, settings, deadline, onStep)),
    };
  }
  return {
    usesAbsoluteForm: false,
    credentials: undefined,
    open: (deadline, onStep) =>
      timed(deadline, async () => {
        const startedAt = settings.clock.elapsed();
        const carrier = await connectProxy(proxy, settings, deadline, (step) => {
          if (step !== 'secured') onStep(step);
        });
        const left = (deadline.timeoutMs ?? Infinity) - (settings.clock.elapsed() - startedAt);
        const rest = { ...deadline, timeoutMs: Math.max(0, left) };
        const stream = await openTunnel(carrier, target, proxy.credentials, settings, rest);
        const { startTls } = await import('@wirestack/socket/tls');
        const client = { servername: target.host, ...settings.tls };
        const secure = await startTls(stream, { ...rest, client });
        onStep('secured');
        return secure;
      }),
  };
}

function connectProxy(
  proxy: Proxy,
  settings: TransportSettings,
  deadline: Deadline,
  onStep: (step: ConnectStep) => void,
): Promise<SocketStream> {
  return connect(addressOf(proxy.target), {
    ...settings.dial,
    ...deadline,
    onStep,
    ...tlsFor(proxy.target.scheme === 'https', proxy.target, settings),
  });
}

function tlsFor(
  isSecure: boolean,
  { host }: RequestTarget,
  { tls }: TransportSettings,
): { tls?: TransportSettings['tls'] } {
  return isSecure ? { tls: { servername: host, ...tls } } : {};
}

function addressOf({ host, port }: RequestTarget): AddressLike {
  return { host, port };
}

/** A deadline that passes is told as the others of a request are. */
async function timed<T>({ timeoutMs }: Deadline, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const isLate =
      error instanceof Error && 'code' in error && error.code === 'TIMED_OUT' && !('phase' in error);
    if (!isLate || !error.message.startsWith('timed out after')) throw error;
    throw new HttpClientError('TIMED_OUT', `there was no connection for ${String(timeoutMs)} ms`, {
      phase: 'connect',
      cause: error,
    });
  }
}
