import type { Address } from '../address.ts';
import { SocketError, SocketUsageError } from '../errors.ts';
import { addressOf, hostsOf } from './addresses.ts';
import { crc32c } from './crc32c.ts';
import type { ProxyHeader } from './header.ts';

/**
 * ```text
 * 0D 0A 0D 0A 00 0D 0A 51 55 49 54 0A   the signature
 * 21                                    version 2 | command: LOCAL 0, PROXY 1
 * 11                                    family: unspecified 0, IPv4 1, IPv6 2, Unix 3 | transport: unspecified 0, stream 1, datagram 2
 * 00 0C                                 bytes that follow: 12 of IPv4, 36 of IPv6, 216 of Unix, and the extensions
 * C0 A8 00 01  C0 A8 00 0B  DC 04 01 BB source, destination, their ports
 * 04 00 01 00                           extensions: type, length of the value in two bytes, value
 * ```
 */
export const fixedBytes = 16;

/** The extension that holds a checksum of the whole header (section 2.2.3). */
const checksumType = 0x03;

const signature: Uint8Array = Uint8Array.of(13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10);
const familyBytes = [0, 12, 36, 216];
const transports = ['unspecified', 'stream', 'datagram'] as const;
const pathBytes = 108;

/**
 * Looks at the first {@link fixedBytes}, or at those of them that are there.
 *
 * @throws SocketError `PROXY_HEADER` as soon as they cannot begin a header.
 */
export function checkStart(bytes: Uint8Array): void {
  if (!signature.every((byte, at) => at >= bytes.length || bytes[at] === byte)) {
    throw malformed('the signature is not there');
  }
  const [versionAndCommand = 0x20, families = 0] = bytes.subarray(signature.length);
  if (versionAndCommand >>> 4 !== 2) {
    throw malformed(`the version is ${String(versionAndCommand >>> 4)}, expected 2`);
  }
  if (!isLocal(versionAndCommand) && (versionAndCommand & 15) !== 1) {
    throw malformed(`the command is ${String(versionAndCommand & 15)}, expected 0 or 1`);
  }
  // "Discard the protocol block including the family which is ignored."
  if (isLocal(versionAndCommand)) return;
  if (families >>> 4 > 3 || (families & 15) > 2) {
    throw malformed(`family and transport are 0x${families.toString(16)}, which is not assigned`);
  }
  if (bytes.length >= fixedBytes && !isUnspecified(bytes) && bytesOf(bytes) < extensionsAt(bytes)) {
    throw malformed(`${String(bytesOf(bytes))} bytes do not hold the addresses of its family`);
  }
}

/** How long the header is, by its first {@link fixedBytes}. */
export function bytesOf(bytes: Uint8Array): number {
  return fixedBytes + uint16(bytes, 14);
}

/** Where the extensions begin. */
export function extensionsAt(bytes: Uint8Array): number {
  return fixedBytes + (familyBytes[(bytes[13] as number) >>> 4] as number);
}

/** The addresses are to be ignored, and with them goes any certainty of where the extensions begin. */
export function isUnspecified(bytes: Uint8Array): boolean {
  const [versionAndCommand = 0, families = 0] = bytes.subarray(signature.length);
  return isLocal(versionAndCommand) || families >>> 4 === 0 || (families & 15) === 0;
}

/**
 * Goes over the extensions in the first `length` bytes of a header, from one that begins at `from`; answers where the first begins that is
 * not there yet. @throws SocketError `PROXY_HEADER` for one that ends outside the header.
 */
export function walkExtensions(bytes: Uint8Array, from: number, length: number): number {
  const end = bytesOf(bytes);
  let at = from;
  while (at < length) {
    if (at + 3 > end) throw malformed('the header ends inside an extension');
    if (at + 3 > length) return at;
    const next = at + 3 + uint16(bytes, at + 1);
    if (next > end) throw malformed(`an extension at byte ${String(at)} ends outside the header`);
    at = next;
  }
  return at;
}

/** Reads a whole header that {@link checkStart} let pass. Addresses and values are copies. @throws SocketError `PROXY_HEADER` */
export function decodeBinary(bytes: Uint8Array): ProxyHeader {
  const version = 2;
  const families = bytes[13] as number;
  if (isLocal(bytes[12] as number)) {
    return { version, command: 'LOCAL', ...nowhere, extensions: [] };
  }
  if (isUnspecified(bytes)) {
    return { version, command: 'PROXY', ...nowhere, extensions: extensionsIfAny(bytes) };
  }
  const [source, destination] =
    families >>> 4 === 3 ? [pathAt(bytes, 16), pathAt(bytes, 16 + pathBytes)] : inetAt(bytes);
  const extensions = extensionsOf(bytes);
  const transport = transports[families & 15] as 'stream' | 'datagram';
  return { version, command: 'PROXY', transport, source, destination, extensions };
}

/** The bytes for `header`. @throws SocketUsageError `BAD_ARGUMENT`, `BAD_ADDRESS` */
export function encodeBinary(header: ProxyHeader, checksum: boolean): Uint8Array {
  const { command, transport, source, destination } = header;
  const isBare = command === 'LOCAL' || transport === 'unspecified';
  const [family, addresses] = isBare
    ? ([0, new Uint8Array()] as const)
    : encodeAddresses(source, destination);
  const extensions = [...header.extensions];
  if (checksum && !extensions.some(({ type }) => type === checksumType)) {
    extensions.push({ type: checksumType, value: new Uint8Array(4) });
  }
  const length = extensions.reduce((sum, { value }) => sum + 3 + value.length, addresses.length);
  if (length > 0xffff) throw new SocketUsageError('BAD_ARGUMENT', 'a PROXY header has at most 65,535 bytes');
  const bytes = new Uint8Array(fixedBytes + length);
  const view = new DataView(bytes.buffer);
  bytes.set(signature);
  bytes[12] = command === 'LOCAL' ? 0x20 : 0x21;
  bytes[13] = isBare ? 0 : (family << 4) | transports.indexOf(transport);
  view.setUint16(14, length);
  bytes.set(addresses, fixedBytes);
  let at = fixedBytes + addresses.length;
  for (const { type, value } of extensions) {
    checkExtension(type, value);
    bytes[at] = type;
    view.setUint16(at + 1, value.length);
    if (type !== checksumType) bytes.set(value, at + 3);
    at += 3 + value.length;
  }
  const sum = extensions.findIndex(({ type }) => type === checksumType);
  if (sum !== -1) {
    const before = extensions.slice(0, sum).reduce((size, { value }) => size + 3 + value.length, 0);
    view.setUint32(fixedBytes + addresses.length + before + 3, crc32c(bytes));
  }
  return bytes;
}

const nowhere = { transport: 'unspecified', source: undefined, destination: undefined } as const;

/** Without addresses a sender may still add extensions (haproxy does), or anything at all: those are read that make sense. */
function extensionsIfAny(bytes: Uint8Array): ProxyHeader['extensions'] {
  try {
    if (extensionsAt(bytes) > bytes.length) return [];
    walkExtensions(bytes, extensionsAt(bytes), bytes.length);
  } catch {
    return [];
  }
  return extensionsOf(bytes);
}

function extensionsOf(bytes: Uint8Array): ProxyHeader['extensions'] {
  const extensions: { type: number; value: Uint8Array }[] = [];
  let hasChecksum = false;
  for (let at = extensionsAt(bytes); at < bytes.length;) {
    const type = bytes[at] as number;
    const value = bytes.slice(at + 3, at + 3 + uint16(bytes, at + 1));
    if (type === checksumType) {
      if (hasChecksum) throw malformed('it has two checksums');
      hasChecksum = true;
      checkSum(bytes, at + 3, value);
    }
    extensions.push({ type, value });
    at += 3 + value.length;
  }
  return extensions;
}

/** Section 2.2.3: taken over the whole header, with zeros in place of the checksum. */
function checkSum(bytes: Uint8Array, at: number, value: Uint8Array): void {
  if (value.length !== 4) throw malformed('a checksum has four bytes');
  const zeroed = bytes.slice().fill(0, at, at + 4);
  const told = new DataView(value.buffer, value.byteOffset).getUint32(0);
  if (crc32c(zeroed) !== told) throw malformed('the checksum does not match');
}

function inetAt(bytes: Uint8Array): [Address, Address] {
  const size = bytes[13] === 0x11 || bytes[13] === 0x12 ? 4 : 16;
  const host = (at: number): Uint8Array => bytes.subarray(at, at + size);
  const ports = fixedBytes + 2 * size;
  return [
    addressOf(host(fixedBytes), uint16(bytes, ports)),
    addressOf(host(fixedBytes + size), uint16(bytes, ports + 2)),
  ];
}

/** Ends with the first NUL; one that begins with NUL is a name of Linux's abstract namespace (unix(7)). */
function pathAt(bytes: Uint8Array, at: number): Address {
  const path = new TextDecoder().decode(bytes.subarray(at, at + pathBytes));
  return {
    family: 'unix',
    path: path.startsWith('\0') ? path.replace(/\0+$/, '') : path.replace(/\0.*$/s, ''),
  };
}

function encodeAddresses(
  source: Address | undefined,
  destination: Address | undefined,
): readonly [family: number, block: Uint8Array] {
  if (source === undefined || destination === undefined) {
    throw new SocketUsageError(
      'BAD_ARGUMENT',
      'a PROXY header has two addresses, or transport "unspecified"',
    );
  }
  if ('path' in source && 'path' in destination) {
    const block = new Uint8Array(2 * pathBytes);
    block.set(encodePath(source.path));
    block.set(encodePath(destination.path), pathBytes);
    return [3, block];
  }
  if (!('port' in source && 'port' in destination)) {
    throw new SocketUsageError('BAD_ADDRESS', 'a PROXY header has two addresses of IP, or two Unix paths');
  }
  const [from, to] = hostsOf(source, destination);
  const block = new Uint8Array(2 * from.length + 4);
  const view = new DataView(block.buffer);
  block.set(from);
  block.set(to, from.length);
  view.setUint16(2 * from.length, source.port);
  view.setUint16(2 * from.length + 2, destination.port);
  return [from.length === 4 ? 1 : 2, block];
}

function encodePath(path: string): Uint8Array {
  const bytes = new TextEncoder().encode(path);
  if (bytes.length <= pathBytes) return bytes;
  throw new SocketUsageError(
    'BAD_ADDRESS',
    `a Unix path of a PROXY header has at most ${String(pathBytes)} bytes`,
  );
}

function checkExtension(type: number, value: Uint8Array): void {
  if (!(Number.isInteger(type) && type >= 0 && type <= 255)) {
    throw new SocketUsageError('BAD_ARGUMENT', `an extension's type is ${String(type)}, expected 0–255`);
  }
  if (type === checksumType && value.length !== 4) {
    throw new SocketUsageError('BAD_ARGUMENT', 'a checksum (0x03) has four bytes, whatever is in them');
  }
}

function isLocal(versionAndCommand: number): boolean {
  return (versionAndCommand & 15) === 0;
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function malformed(why: string): SocketError {
  return new SocketError('PROXY_HEADER', `PROXY header, version 2: ${why}`);
}
