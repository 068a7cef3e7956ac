import { SocketUsageError } from '../errors.ts';

/** Whether this machine keeps the low byte first. The network keeps the high byte first (RFC 791, appendix B). */
const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * A number of 16 bits from this machine's byte order to the network's (seed 004). Only for formats that were defined by a C program's
 * memory: `DataView` and `Buffer` write either order without it.
 *
 * @throws SocketUsageError `BAD_ARGUMENT` for what is no whole number from 0 to 65,535.
 */
export function htons(value: number): number {
  requireRange(value, 0xffff);
  return isLittleEndian ? ((value & 0xff) << 8) | (value >>> 8) : value;
}

/** A number of 16 bits from the network's byte order to this machine's: the same exchange as {@link htons}. */
export function ntohs(value: number): number {
  return htons(value);
}

/**
 * A number of 32 bits from this machine's byte order to the network's.
 *
 * @throws SocketUsageError `BAD_ARGUMENT` for what is no whole number from 0 to 4,294,967,295.
 */
export function htonl(value: number): number {
  requireRange(value, 0xffff_ffff);
  if (!isLittleEndian) return value;
  return ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}

/** A number of 32 bits from the network's byte order to this machine's: the same exchange as {@link htonl}. */
export function ntohl(value: number): number {
  return htonl(value);
}

function requireRange(value: number, highest: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= highest) return;
  const message = `${String(value)} is no whole number from 0 to ${String(highest)}`;
  throw new SocketUsageError('BAD_ARGUMENT', message);
}
