/** What is in a file of pcapng, read as its specification has it, and nothing taken on trust. */
export interface Block {
  readonly type: number;
  readonly body: Uint8Array;
}

export interface Packet {
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly data: Uint8Array;
  readonly options: ReadonlyMap<number, Uint8Array>;
}

/** A packet of IP with TCP or UDP in it. */
export interface Content {
  readonly source: string;
  readonly destination: string;
  readonly flags: string;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly payload: Uint8Array;
}

export const sectionHeader = 0x0a0d_0d0a;
export const interfaceDescription = 1;
export const interfaceStatistics = 5;
export const enhancedPacket = 6;

export function blocksOf(buffer: Uint8Array): Block[] {
  // `slice` of a Buffer would share its memory.
  const file = Uint8Array.from(buffer);
  const blocks: Block[] = [];
  const view = new DataView(file.buffer);
  for (let at = 0; at < file.length;) {
    const length = view.getUint32(at + 4, true);
    if (length % 4 !== 0 || length < 12) throw new Error(`a block of ${String(length)} bytes`);
    if (view.getUint32(at + length - 4, true) !== length)
      throw new Error('the two lengths of a block differ');
    blocks.push({ type: view.getUint32(at, true), body: file.slice(at + 8, at + length - 4) });
    at += length;
  }
  return blocks;
}

export function optionsOf(body: Uint8Array, at: number): Map<number, Uint8Array> {
  const options = new Map<number, Uint8Array>();
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  while (at < body.length) {
    const code = view.getUint16(at, true);
    const length = view.getUint16(at + 2, true);
    at += 4 + ((length + 3) & ~3);
    if (code === 0) break;
    options.set(code, body.slice(at - ((length + 3) & ~3)).subarray(0, length));
  }
  if (at !== body.length) throw new Error('the options of a block do not end with it');
  return options;
}

/** The packets of a file, which has one interface. */
export function packetsOf(file: Uint8Array): Packet[] {
  return blocksOf(file)
    .filter(({ type }) => type === enhancedPacket)
    .map(({ body }) => {
      const view = new DataView(body.buffer);
      const length = view.getUint32(12, true);
      if (view.getUint32(16, true) !== length) throw new Error('a packet is cut');
      const time = (BigInt(view.getUint32(4, true)) << 32n) | BigInt(view.getUint32(8, true));
      const end = 20 + length;
      return { time, data: body.slice(20, end), options: optionsOf(body, (end + 3) & ~3) };
    });
}

/** Looks at every length and checksum on the way. */
export function contentOf(packet: Uint8Array): Content {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const isIpv4 = packet[0] === 0x45;
  if (!isIpv4 && packet[0] !== 0x60) throw new Error('neither IPv4 nor IPv6');
  const at = isIpv4 ? 20 : 40;
  const length = isIpv4 ? view.getUint16(2) : view.getUint16(4) + 40;
  if (length !== packet.length) throw new Error('the length in the IP header is not that of the packet');
  if (isIpv4 && sumOf(packet.subarray(0, 20)) !== 0xffff) throw new Error('the checksum of IP is wrong');
  const protocol = packet[isIpv4 ? 9 : 6] as number;
  const addresses = isIpv4 ? packet.subarray(12, 20) : packet.subarray(8, 40);
  const pseudo = Uint8Array.of(...addresses, 0, protocol, (length - at) >> 8, (length - at) & 0xff);
  const content = packet.subarray(at);
  if (sumOf(Uint8Array.of(...pseudo, ...content)) !== 0xffff) throw new Error('the checksum is wrong');
  const hosts = [addresses.subarray(0, addresses.length / 2), addresses.subarray(addresses.length / 2)];
  const [source, destination] = hosts.map(
    (host, index) => `${textOf(host)}:${String(view.getUint16(at + 2 * index))}`,
  );
  if (source === undefined || destination === undefined) throw new Error('unreachable');
  if (protocol === 17) {
    if (view.getUint16(at + 4) !== content.length) throw new Error('the length of UDP is wrong');
    if (view.getUint16(at + 6) === 0) throw new Error('UDP without a checksum');
    return { source, destination, flags: 'udp', sequence: 0, acknowledgement: 0, payload: content.slice(8) };
  }
  const flags = ['F', 'S', 'R', 'P', 'A']
    .filter((_, bit) => ((content[13] as number) & (1 << bit)) !== 0)
    .join('');
  return {
    source,
    destination,
    flags,
    sequence: view.getUint32(at + 4),
    acknowledgement: view.getUint32(at + 8),
    payload: content.slice(((content[12] as number) >> 4) * 4),
  };
}

function textOf(host: Uint8Array): string {
  if (host.length === 4) return host.join('.');
  const groups = Array.from({ length: 8 }, (_, at) =>
    Buffer.from(host.subarray(2 * at, 2 * at + 2)).toString('hex'),
  );
  return new URL(`http://[${groups.join(':')}]`).hostname;
}

/** The ones' complement sum of RFC 1071, the plain way. */
function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += ((bytes[at] as number) << 8) + (bytes[at + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}
