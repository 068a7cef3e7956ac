/**
 * Blocks of pcapng (draft-ietf-opsawg-pcapng), in little-endian order. A file is a section header, an interface, and packets:
 *
 * ```text
 * 06 00 00 00   type of the block
 * 2C 00 00 00   its length, all of it, a multiple of four
 * …             body, then options: code, length, value, padding to four bytes; 0 0 ends them
 * 2C 00 00 00   its length again, for who reads backwards
 * ```
 */

/** `LINKTYPE_RAW`: a packet begins with the header of IPv4 or IPv6, as its first four bits tell. */
export const linkTypeRaw = 101;

export interface SectionHeader {
  readonly comment?: string | undefined;
  /** What wrote the file. */
  readonly application?: string | undefined;
}

/** The block that every file begins with. */
export function sectionHeaderBlock({ comment, application }: SectionHeader = {}): Uint8Array {
  const body = new Uint8Array(16);
  const view = new DataView(body.buffer);
  // Read as 4D 3C 2B 1A it tells the order of bytes.
  view.setUint32(0, 0x1a2b_3c4d, true);
  view.setUint16(4, 1, true);
  // The length of the section, which is not known.
  view.setBigInt64(8, -1n, true);
  return block(0x0a0d_0d0a, body, [...textOption(1, comment), ...textOption(4, application)]);
}

export interface InterfaceDescription {
  readonly linkType: number;
  /** The name that packets are shown under. */
  readonly name?: string | undefined;
  readonly comment?: string | undefined;
}

/** An interface, numbered from 0 in the order they come. Its packets have times in nanoseconds, and are whole. */
export function interfaceDescriptionBlock({ linkType, name, comment }: InterfaceDescription): Uint8Array {
  const body = new Uint8Array(8);
  new DataView(body.buffer).setUint16(0, linkType, true);
  const nanoseconds: Option = { code: 9, value: Uint8Array.of(9) };
  return block(1, body, [...textOption(1, comment), ...textOption(2, name), nanoseconds]);
}

export interface EnhancedPacket {
  readonly interfaceId: number;
  /** Nanoseconds since 1970. */
  readonly timestamp: bigint;
  readonly data: Uint8Array;
  readonly comment?: string | undefined;
  /** Packets lost since the one before. */
  readonly dropped?: number | undefined;
}

/** One packet. Its bytes are copied. */
export function enhancedPacketBlock(packet: EnhancedPacket): Uint8Array {
  const { interfaceId, timestamp, data, comment, dropped = 0 } = packet;
  const body = new Uint8Array(padded(20 + data.length));
  const view = new DataView(body.buffer);
  view.setUint32(0, interfaceId, true);
  setTimestamp(view, 4, timestamp);
  view.setUint32(12, data.length, true);
  view.setUint32(16, data.length, true);
  body.set(data, 20);
  return block(6, body, [...textOption(1, comment), ...(dropped > 0 ? [countOption(4, dropped)] : [])]);
}

export interface InterfaceStatistics {
  readonly interfaceId: number;
  /** Nanoseconds since 1970. */
  readonly timestamp: bigint;
  /** Packets that were seen. */
  readonly received: number;
  /** Packets of these that are not in the file. */
  readonly dropped: number;
}

/** What an interface has seen, at the end of a file. */
export function interfaceStatisticsBlock(statistics: InterfaceStatistics): Uint8Array {
  const body = new Uint8Array(12);
  const view = new DataView(body.buffer);
  view.setUint32(0, statistics.interfaceId, true);
  setTimestamp(view, 4, statistics.timestamp);
  return block(5, body, [countOption(4, statistics.received), countOption(5, statistics.dropped)]);
}

interface Option {
  readonly code: number;
  readonly value: Uint8Array;
}

/** Its length is told in 16 bits: what is longer is cut, at a character. */
const maxOptionBytes = 0xffff;

function textOption(code: number, text: string | undefined): Option[] {
  if (text === undefined || text === '') return [];
  const value = new TextEncoder().encode(text);
  if (value.length <= maxOptionBytes) return [{ code, value }];
  let end = maxOptionBytes;
  while (((value[end] as number) & 0xc0) === 0x80) end--;
  return [{ code, value: value.subarray(0, end) }];
}

function countOption(code: number, count: number): Option {
  const value = new Uint8Array(8);
  new DataView(value.buffer).setBigUint64(0, BigInt(count), true);
  return { code, value };
}

function block(type: number, body: Uint8Array, options: readonly Option[]): Uint8Array {
  const endOfOptions = options.length > 0 ? 4 : 0;
  const optionBytes = options.reduce((sum, { value }) => sum + 4 + padded(value.length), endOfOptions);
  const length = 12 + body.length + optionBytes;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  bytes.set(body, 8);
  let at = 8 + body.length;
  for (const { code, value } of options) {
    view.setUint16(at, code, true);
    view.setUint16(at + 2, value.length, true);
    bytes.set(value, at + 4);
    at += 4 + padded(value.length);
  }
  view.setUint32(length - 4, length, true);
  return bytes;
}

/** The upper half first, though each half is little-endian. */
function setTimestamp(view: DataView, at: number, nanoseconds: bigint): void {
  view.setUint32(at, Number(nanoseconds >> 32n), true);
  view.setUint32(at + 4, Number(nanoseconds & 0xffff_ffffn), true);
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
