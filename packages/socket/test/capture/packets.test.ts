import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tcpFlags, tcpPacket, udpPacket, type Route } from '../../src/capture/packets.ts';
import { contentOf } from './pcapng-reader.ts';

const ipv4: Route = {
  source: { host: Uint8Array.of(192, 0, 2, 1), port: 49_152 },
  destination: { host: Uint8Array.of(192, 0, 2, 2), port: 80 },
};
const ipv6: Route = {
  source: { host: Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), port: 1 },
  destination: { host: Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2), port: 65_535 },
};

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('packets', () => {
  test('a SYN over IPv4, byte for byte', () => {
    const packet = tcpPacket(ipv4, {
      sequence: 1,
      acknowledgement: 0,
      flags: tcpFlags.syn,
      window: 65_535,
      options: Uint8Array.of(2, 4, 5, 0xb4),
    });
    expect(hex(packet)).toBe(
      [
        '45 00 002c 0000 4000 40 06 b6c8 c0000201 c0000202',
        'c000 0050 00000001 00000000 60 02 ffff 53d1 0000',
        '020405b4',
      ]
        .join('')
        .replace(/ /g, ''),
    );
  });

  test('a datagram over IPv6, byte for byte', () => {
    expect(hex(udpPacket(ipv6, new TextEncoder().encode('hi')))).toBe(
      [
        '60000000 000a 11 40 20010db8000000000000000000000001 20010db8000000000000000000000002',
        '0001 ffff 000a 3bfb 6869',
      ]
        .join('')
        .replace(/ /g, ''),
    );
  });

  test('whatever is in it, the lengths and checksums are right', () => {
    const host = (length: number): fc.Arbitrary<Uint8Array> =>
      fc.uint8Array({ minLength: length, maxLength: length });
    const port = fc.nat(65_535);
    const route = fc.constantFrom(4, 16).chain((length) =>
      fc.record({
        source: fc.record({ host: host(length), port }),
        destination: fc.record({ host: host(length), port }),
      }),
    );
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom(new Uint8Array(65_495).fill(0xff)),
    );
    fc.assert(
      fc.property(route, payload, fc.nat(2 ** 32 - 1), fc.nat(31), (route, payload, sequence, flags) => {
        const tcp = contentOf(tcpPacket(route, { sequence, acknowledgement: 7, flags, window: 1, payload }));
        expect(tcp).toMatchObject({ sequence, acknowledgement: 7 });
        expect(Buffer.from(tcp.payload).equals(payload)).toBe(true);
        expect(Buffer.from(contentOf(udpPacket(route, payload)).payload).equals(payload)).toBe(true);
      }),
    );
  });

  test('sequence numbers wrap', () => {
    const packet = tcpPacket(ipv4, { sequence: 2 ** 32 + 5, acknowledgement: -1, flags: 0, window: 0 });
    expect(contentOf(packet)).toMatchObject({ sequence: 5, acknowledgement: 0xffff_ffff });
  });

  test('a checksum of UDP that comes to 0 is written as all ones, for 0 says that there is none', () => {
    const sums = new Set<number>();
    for (let word = 0; word <= 0xffff; word++) {
      const packet = udpPacket(ipv4, Uint8Array.of(word >> 8, word & 0xff));
      sums.add(((packet[26] as number) << 8) | (packet[27] as number));
    }
    expect(sums.has(0)).toBe(false);
    expect(sums.has(0xffff)).toBe(true);
  });
});
