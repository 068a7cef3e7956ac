import { onTestFinished } from 'vitest';
import { lengthPrefix } from '@wirestack/framing';
import {
  connect,
  connectDatagram,
  type Address,
  type ByteStream,
  type DatagramSocket,
} from '@wirestack/socket';
import { decode, type Message } from '../../src/message/index.ts';
import { serveDns, type DnsHandler, type DnsServer, type ServeDnsOptions } from '../../src/server/index.ts';
import { concat, u16 } from '../bytes.ts';

export interface TestServer extends DnsServer {
  /** What `onError` was told. */
  readonly errors: unknown[];
}

/** A server on a free port, that ends with the test. */
export async function started(handler: DnsHandler, options: ServeDnsOptions = {}): Promise<TestServer> {
  const errors: unknown[] = [];
  const onError = (error: unknown): void => {
    errors.push(error);
  };
  const server = await serveDns('127.0.0.1:0', handler, { onError, ...options });
  onTestFinished(() => server.close());
  return Object.assign(server, { errors });
}

/** Lets the event loop go round until `isTrue`; the test's own time limit guards it. */
export async function turnsUntil(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** A message with the length that TCP wants before it. */
export function framed(message: Uint8Array): Uint8Array {
  return concat(u16(message.length), message);
}

export class UdpClient {
  readonly socket: DatagramSocket;

  private constructor(socket: DatagramSocket) {
    this.socket = socket;
  }

  static async to(address: Address): Promise<UdpClient> {
    const socket = await connectDatagram(address);
    onTestFinished(() => socket.close());
    return new UdpClient(socket);
  }

  send(message: Uint8Array): Promise<void> {
    return this.socket.send(message);
  }

  async bytes(): Promise<Uint8Array> {
    return (await this.socket.receive()).data;
  }

  async next(): Promise<Message> {
    return decode(await this.bytes());
  }

  async ask(message: Uint8Array): Promise<Message> {
    await this.send(message);
    return this.next();
  }
}

export class TcpClient {
  readonly stream: ByteStream;
  readonly #decoder = lengthPrefix({ bytes: 2, maxBytes: 0xffff }).decoder();

  private constructor(stream: ByteStream) {
    this.stream = stream;
  }

  static async to(address: Address): Promise<TcpClient> {
    const stream = await connect(address);
    onTestFinished(() => {
      stream.abort();
    });
    return new TcpClient(stream);
  }

  /** Over a stream that is there already. */
  static over(stream: ByteStream): TcpClient {
    return new TcpClient(stream);
  }

  async send(...messages: readonly Uint8Array[]): Promise<void> {
    await this.stream.write(concat(...messages.map(framed)));
  }

  /** `undefined` where the server ended the connection in order. */
  async bytes(): Promise<Uint8Array | undefined> {
    for (;;) {
      const message = this.#decoder.next();
      if (message !== undefined) return message;
      const chunk = await this.stream.read();
      if (chunk === undefined) return undefined;
      this.#decoder.push(chunk);
    }
  }

  async next(): Promise<Message> {
    const message = await this.bytes();
    if (message === undefined) throw new Error('the server ended the connection');
    return decode(message);
  }

  async ask(message: Uint8Array): Promise<Message> {
    await this.send(message);
    return this.next();
  }
}
