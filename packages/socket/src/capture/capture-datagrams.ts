import type { Address, AddressLike } from '../address.ts';
import type { Datagram, DatagramReceiver, DatagramSocket } from '../datagrams/datagram-socket.ts';
import { destinationPlace, knownAddress } from '../datagrams/inet-place.ts';
import type { Deadline } from '../deadline.ts';
import type { CaptureFile } from './capture-file.ts';
import { endsOfDatagram } from './packet-addresses.ts';
import { udpPacket } from './packets.ts';

/** What fits a packet of IPv4: more is not sent. */
const maxPayloadBytes = 65_507;

/**
 * The same socket, recorded: use what this answers instead of `socket`, and its packets are in the file: those sent as they are handed over,
 * even where the kernel then drops them, those received as the program takes them.
 *
 * A socket bound to every interface is shown as 0.0.0.0 or `::`. What is sent to a name is shown as sent to 192.0.2.2 or 2001:db8::2, with the
 * name as the packet's comment.
 */
export function captureDatagrams<Socket extends DatagramSocket>(socket: Socket, file: CaptureFile): Socket {
  const recorded = new Recorder(socket, file);
  // Whatever else a socket can do goes straight to it, with itself as `this`: it has private fields.
  return new Proxy(socket, {
    get(target, key) {
      const from = key in recorded ? recorded : target;
      const value: unknown = Reflect.get(from, key, from);
      return typeof value === 'function' ? (value.bind(from) as unknown) : value;
    },
  });
}

/** Of a socket the methods that packets go through. */
class Recorder implements Pick<DatagramSocket, 'send' | 'receive' | 'attach' | 'post'> {
  readonly #socket: DatagramSocket;
  readonly #file: CaptureFile;

  constructor(socket: DatagramSocket, file: CaptureFile) {
    this.#socket = socket;
    this.#file = file;
  }

  send(data: Uint8Array | string, to?: AddressLike, options?: Deadline): Promise<void> {
    // Before it is sent, and so before any answer.
    const target = to === undefined ? this.#socket.remoteAddress : targetOf(to, this.#socket.localAddress);
    if (target !== undefined)
      this.#record('sent', target, typeof data === 'string' ? Buffer.from(data) : data);
    return this.#socket.send(data, to, options);
  }

  post(data: Uint8Array, to: Address): void {
    this.#socket.post(data, to);
    this.#record('sent', to, data);
  }

  async receive(options?: Deadline): Promise<Datagram> {
    const datagram = await this.#socket.receive(options);
    this.#record('received', datagram.from, datagram.data);
    return datagram;
  }

  attach(receiver: DatagramReceiver): void {
    this.#socket.attach({
      datagram: (data, from) => {
        this.#record('received', from, data);
        receiver.datagram(data, from);
      },
      error: (error) => {
        receiver.error?.(error);
      },
      closed: () => {
        receiver.closed?.();
      },
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Datagram, void, undefined> {
    for await (const datagram of this.#socket) {
      this.#record('received', datagram.from, datagram.data);
      yield datagram;
    }
  }

  #record(direction: 'sent' | 'received', peer: Address, data: Uint8Array): void {
    if (data.length > maxPayloadBytes) return;
    const { local, remote, comment } = endsOfDatagram(this.#socket.localAddress, peer);
    const route =
      direction === 'sent' ? { source: local, destination: remote } : { source: remote, destination: local };
    this.#file.packet(udpPacket(route, data), undefined, comment);
  }
}

/** `undefined` for what the socket will refuse. */
function targetOf(to: AddressLike, local: Address): Address | undefined {
  try {
    const place = destinationPlace(to);
    const family = local.family === 'ipv6' ? 'ipv6' : 'ipv4';
    return knownAddress(place, family) ?? { family, ...place };
  } catch {
    return undefined;
  }
}
