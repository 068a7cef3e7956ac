import { connect, listen, socketPair, type ByteStream } from '@wirestack/socket';

/** Two ends of a connection over loopback. */
export async function tcpPair(): Promise<[ByteStream, ByteStream]> {
  const listener = await listen('tcp://127.0.0.1:0');
  try {
    return await Promise.all([connect(listener.address), listener.accept()]);
  } finally {
    await listener.close();
  }
}

/** What a protocol above must not be able to tell apart. */
export const kinds: readonly (readonly [string, () => Promise<[ByteStream, ByteStream]>])[] = [
  ['in memory', () => Promise.resolve(socketPair())],
  ['over TCP', tcpPair],
];

/** The methods called of a stream, in order. */
export function spied(stream: ByteStream): { stream: ByteStream; calls: string[] } {
  const calls: string[] = [];
  const proxy = new Proxy(stream, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        calls.push(String(name));
        return Reflect.apply(value, target, args);
      };
    },
  });
  return { stream: proxy, calls };
}
