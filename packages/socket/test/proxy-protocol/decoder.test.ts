import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProxyHeaderDecoder, encodeProxyHeader } from '@wirestack/socket/proxy-protocol';
import { SocketError, SocketUsageError, type ProxyHeader } from '@wirestack/socket';
import { ascii, binary, extension, hex, signature, unixBlock, unspecified, vectors } from './vectors.ts';

/** What comes of bytes in one piece: a header, "need more", or an error. */
function outcome(bytes: Uint8Array, maxBytes?: number): ProxyHeader | undefined | SocketError {
  const decoder = new ProxyHeaderDecoder(maxBytes === undefined ? {} : { maxBytes });
  decoder.push(bytes);
  try {
    return decoder.next();
  } catch (error) {
    return error as SocketError;
  }
}

function expectRefused(bytes: Uint8Array): void {
  expect(outcome(bytes)).toMatchObject({ name: 'SocketError', code: 'PROXY_HEADER' });
}

/** Refused by the byte that makes it hopeless, and not before. */
function expectRefusedFrom(bytes: Uint8Array, length: number): void {
  expect(outcome(bytes.subarray(0, length - 1))).toBeUndefined();
  expectRefused(bytes.subarray(0, length));
}

const block = (text: string): Uint8Array => hex(text);
const tcp4 = block('7f000001 7f000002 0001 0002');

describe.each(vectors)('the PROXY header: $name', ({ bytes, header }) => {
  test('is read', () => {
    expect(outcome(bytes)).toEqual(header);
  });

  test('is read wherever it is cut, and what follows is as it was', () => {
    const input = Uint8Array.of(...bytes, ...ascii('GET / HTTP/1.1\r\n'));
    for (let cut = 0; cut <= input.length; cut++) {
      const decoder = new ProxyHeaderDecoder();
      decoder.push(input.subarray(0, cut));
      const early = decoder.next();
      expect(early === undefined).toBe(cut < bytes.length);
      decoder.push(input.subarray(cut));
      expect(early ?? decoder.next()).toEqual(header);
      expect(decoder.rest()).toEqual(ascii('GET / HTTP/1.1\r\n'));
    }
  });

  test('is read byte by byte', () => {
    const decoder = new ProxyHeaderDecoder();
    for (const [at, byte] of bytes.entries()) {
      expect(decoder.next()).toBeUndefined();
      expect(decoder.bufferedBytes).toBe(at);
      decoder.push(Uint8Array.of(byte));
    }
    expect(decoder.next()).toEqual(header);
    expect(decoder.bufferedBytes).toBe(0);
  });

  test('is not whole before its last byte, and TRUNCATED where the input ends there', () => {
    for (let length = 0; length < bytes.length; length++) {
      const decoder = new ProxyHeaderDecoder();
      decoder.push(bytes.subarray(0, length));
      expect(decoder.next()).toBeUndefined();
      expect(() => {
        decoder.end();
      }).toThrow(expect.objectContaining({ name: 'SocketError', code: 'TRUNCATED' }));
    }
  });

  test('is what the encoder writes', () => {
    expect(encodeProxyHeader(header)).toEqual(bytes);
  });
});

describe('ProxyHeaderDecoder', () => {
  test('gives the header once, and hands over what follows as it comes', () => {
    const decoder = new ProxyHeaderDecoder();
    decoder.push(ascii('PROXY UNKNOWN\r\none'));
    expect(decoder.bufferedBytes).toBe(3);
    expect(decoder.next()).toEqual({ version: 1, command: 'PROXY', ...unspecified });
    expect(decoder.next()).toBeUndefined();
    expect(decoder.rest()).toEqual(ascii('one'));
    decoder.push(ascii('two'));
    decoder.push(ascii('three'));
    expect(decoder.next()).toBeUndefined();
    expect(decoder.bufferedBytes).toBe(8);
    expect(decoder.rest()).toEqual(ascii('twothree'));
    expect(decoder.rest()).toEqual(new Uint8Array());
    decoder.end();
  });

  test('does not copy what follows the header, and keeps nothing of the chunk that the header came in', () => {
    const chunk = Uint8Array.of(...vectors.at(-1)!.bytes, 1, 2, 3);
    const decoder = new ProxyHeaderDecoder();
    decoder.push(chunk);
    const header = decoder.next();
    expect(decoder.rest().buffer).toBe(chunk.buffer);
    chunk.fill(0);
    expect(header).toEqual(vectors.at(-1)!.header);
  });

  test('a fault stays, holds nothing, and no byte is taken after it', () => {
    const decoder = new ProxyHeaderDecoder();
    decoder.push(ascii('GET /'));
    const errors = [1, 2].map(() => {
      try {
        return decoder.next();
      } catch (error) {
        decoder.push(ascii('PROXY UNKNOWN\r\n'));
        return error;
      }
    });
    expect(errors[0]).toBeInstanceOf(SocketError);
    expect(errors[1]).toBe(errors[0]);
    expect(decoder.bufferedBytes).toBe(0);
    expect(() => {
      decoder.end();
    }).toThrow(errors[0]);
    expect(decoder.rest()).toEqual(new Uint8Array());
  });

  test.each([15, Number.NaN, -1])('a limit of %s is refused', (maxBytes) => {
    expect(() => new ProxyHeaderDecoder({ maxBytes })).toThrow(SocketUsageError);
  });

  test.each([
    ['GET / HTTP/1.1\r\n', 1],
    ['POST / HTTP/1.1\r\n', 2],
    ['PUT /', 2],
    ['PROPFIND / HTTP/1.1\r\n', 4],
    ['PROXY\r\n', 6],
    ['PROXY  TCP4', 7],
    ['PROXYTCP4', 6],
    ['proxy TCP4', 1],
    ['\r\nPROXY TCP4', 3],
    ['PROXY TCP5 ', 10],
    ['PROXY tcp4 ', 7],
    ['PROXY UDP4 ', 8],
    ['PROXY TCP4\r\n', 11],
    ['PROXY TCP44', 11],
    ['PROXY UNKNOWNS\r\n', 14],
    ['PROXY UNKNOW\r\n', 13],
    ['PROXY UNKNOWN\n', 14],
    ['PROXY UNKNOWN\r\r\n', 15],
    ['PROXY UNKNOWN a\nb\r\n', 16],
    ['PROXY UNKNOWN a\rb\r\n', 17],
  ])('refuses %j at its byte %i', (text, at) => {
    expectRefusedFrom(ascii(text), at);
  });

  test.each([
    'PROXY TCP4 256',
    'PROXY TCP4 01',
    'PROXY TCP4 00',
    'PROXY TCP4 1.2.3.4.',
    'PROXY TCP4 1.2.3 ',
    'PROXY TCP4 1..',
    'PROXY TCP4 .',
    'PROXY TCP4 a',
    'PROXY TCP4 :',
    'PROXY TCP4  ',
    'PROXY TCP4 1.2.3.4  ',
    'PROXY TCP4 1.2.3.4\t',
    'PROXY TCP4 1.2.3.4 :',
    'PROXY TCP4 1.2.3.4 5.6.7.8 65536',
    'PROXY TCP4 1.2.3.4 5.6.7.8 00',
    'PROXY TCP4 1.2.3.4 5.6.7.8 01',
    'PROXY TCP4 1.2.3.4 5.6.7.8 -',
    'PROXY TCP4 1.2.3.4 5.6.7.8 +',
    'PROXY TCP4 1.2.3.4 5.6.7.8  ',
    'PROXY TCP4 1.2.3.4 5.6.7.8 1 65536',
    'PROXY TCP4 1.2.3.4 5.6.7.8 1 2 ',
    'PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n',
    'PROXY TCP4 1.2.3.4 5.6.7.8 1 2\rX',
    'PROXY TCP4 1.2.3.4 5.6.7.8 1 \r',
    'PROXY TCP4 1.2.3.4 5.6.7.8 1\r',
    'PROXY TCP4 1.2.3.4 5.6.7.8\r',
    'PROXY TCP4 1.2.3.4\r',
    'PROXY TCP4 \r',
    'PROXY TCP6 1.',
    'PROXY TCP6 :1',
    'PROXY TCP6 :::',
    'PROXY TCP6 1::2::',
    'PROXY TCP6 12345',
    'PROXY TCP6 g',
    'PROXY TCP6 1:2:3:4:5:6:7:8:',
    'PROXY TCP6 1:2:3:4:5:6:7 ',
    'PROXY TCP6 1: ',
    'PROXY TCP6 ::2:3:4:5:6:7:8:',
    'PROXY TCP6 ::1.2.3.4.',
    'PROXY TCP6 ::1.256',
    'PROXY TCP6 ::1.2.3 ',
    'PROXY TCP6 1:2:3:4:5:6:7:1.',
    'PROXY TCP6 fe80::1%',
    'PROXY TCP6 [',
    'PROXY TCP6 :: 1.',
  ])('refuses %j at its last byte', (text) => {
    expectRefusedFrom(ascii(text), text.length);
  });

  test.each([
    ['PROXY TCP4 0.0.0.0 10.20.30.40 0 65535\r\n', '0.0.0.0', 0],
    ['PROXY TCP6 2001:DB8:0:0:8:800:200C:417A ::1 1 2\r\n', '2001:db8::8:800:200c:417a', 1],
    ['PROXY TCP6 2001:0db8:0000:0000:0000:0000:0000:0001 ::1 1 2\r\n', '2001:db8::1', 1],
    ['PROXY TCP6 1:0:0:2:0:0:0:3 ::1 1 2\r\n', '1:0:0:2::3', 1],
    ['PROXY TCP6 1:0:2:3:4:5:6:7 ::1 1 2\r\n', '1:0:2:3:4:5:6:7', 1],
    ['PROXY TCP6 1:2:3:4:5:6:7:: ::1 1 2\r\n', '1:2:3:4:5:6:7:0', 1],
    ['PROXY TCP6 ::2:3:4:5:6:7:8 ::1 1 2\r\n', '0:2:3:4:5:6:7:8', 1],
    ['PROXY TCP6 1:2:3:4:5:6:1.2.3.4 ::1 1 2\r\n', '1:2:3:4:5:6:102:304', 1],
    // What haproxy writes for a client of IPv4 on a socket of both families: the address is one of IPv4.
    ['PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2\r\n', '192.0.2.1', 1],
    ['PROXY TCP6 ::ffff:c000:201 ::1 1 2\r\n', '192.0.2.1', 1],
  ])('reads %j', (text, host, port) => {
    const family = host.includes(':') ? 'ipv6' : 'ipv4';
    expect(outcome(ascii(text))).toMatchObject({ transport: 'stream', source: { family, host, port } });
  });

  test('ignores what UNKNOWN is followed by, up to 107 bytes with the CRLF', () => {
    const unknown = { version: 1, command: 'PROXY', ...unspecified };
    const longest = `PROXY UNKNOWN ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535\r\n`;
    expect(longest).toHaveLength(107);
    expect(outcome(ascii(longest))).toEqual(unknown);
    expect(outcome(ascii('PROXY UNKNOWN \r\n'))).toEqual(unknown);
    expect(outcome(hex(`${Buffer.from('PROXY UNKNOWN ').toString('hex')} 00ff20 0d0a`))).toEqual(unknown);
    const tooLong = longest.replace('\r\n', 'x\r\n');
    expectRefusedFrom(ascii(tooLong), 107);
    const decoder = new ProxyHeaderDecoder();
    decoder.push(ascii(tooLong.slice(0, 106)));
    expect(decoder.bufferedBytes).toBe(106);
  });

  test.each([
    ['the signature of something else', `0d0a0d0a000d0a515549540b`, 12],
    ['an HTTP request behind empty lines', Buffer.from('\r\n\r\nGET /').toString('hex'), 5],
    ['a ClientHello of TLS', '160301 0200 010001fc 0303', 1],
    ['a banner of SSH', Buffer.from('SSH-2.0-').toString('hex'), 1],
    ['version 1', `${signature} 11`, 13],
    ['version 3', `${signature} 31`, 13],
    ['command 2', `${signature} 22`, 13],
    ['command 15', `${signature} 2f`, 13],
    ['family 4', `${signature} 21 41`, 14],
    ['family 15', `${signature} 21 f1`, 14],
    ['transport 3', `${signature} 21 13`, 14],
    ['11 bytes for IPv4', `${signature} 21 11 000b`, 16],
    ['35 bytes for IPv6', `${signature} 21 21 0023`, 16],
    ['215 bytes for Unix', `${signature} 21 31 00d7`, 16],
    ['one byte behind the addresses', `${signature} 21 11 000d 7f0000017f00000200010002 04`, 29],
    ['two bytes behind them', `${signature} 21 11 000e 7f0000017f00000200010002 04`, 29],
    ['an extension past the end', `${signature} 21 11 0010 7f0000017f00000200010002 04 0002`, 31],
    ['a second one past the end', `${signature} 21 11 0013 7f0000017f00000200010002 040000 04 0002`, 34],
  ])('refuses %s, at once', (_, text, at) => {
    expectRefusedFrom(hex(text), at);
  });

  test.each(['00', '11', '2f', 'ff'])(
    'for LOCAL, ignores family and transport 0x%s, addresses and all else',
    (text) => {
      const family = parseInt(text, 16);
      const header = { version: 2, command: 'LOCAL', ...unspecified };
      for (const length of [0, 1, 2, 12, 13, 36, 216, 300, 4096]) {
        expect(outcome(binary(0x20, family, new Uint8Array(length).fill(0xff)))).toEqual(header);
      }
    },
  );

  test.each(['00', '01', '02', '10', '20', '30'])(
    'of family and transport 0x%s ignores the addresses, and reads extensions where they make sense',
    (text) => {
      const family = parseInt(text, 16);
      const header = { version: 2, command: 'PROXY', ...unspecified };
      const addresses = new Uint8Array([0, 12, 36, 216][family >> 4]!).fill(1);
      const unique = { type: 5, value: ascii('id') };
      const extended = Uint8Array.of(...addresses, ...extension(5, ascii('id')));
      expect(outcome(binary(0x21, family, extended))).toEqual({ ...header, extensions: [unique] });
      expect(outcome(binary(0x21, family, addresses))).toEqual(header);
      for (const length of [1, 2, 3, 7, 11]) {
        expect(outcome(binary(0x21, family, new Uint8Array(length).fill(0xff)))).toEqual(header);
      }
    },
  );

  test('cuts a path at its first NUL, and takes what Linux calls abstract whole', () => {
    const paths = unixBlock('/run/a\0garbage', '\0a\0b');
    expect(outcome(binary(0x21, 0x31, paths))).toMatchObject({
      source: { family: 'unix', path: '/run/a' },
      destination: { family: 'unix', path: '\0a\0b' },
    });
  });

  test('takes a header as long as the limit, and none that is longer, before its bytes come', () => {
    const padding = extension(4, new Uint8Array(4096 - 12 - 3));
    const longest = binary(0x21, 0x11, Uint8Array.of(...tcp4, ...padding));
    expect(longest).toHaveLength(4112);
    expect(outcome(longest)).toMatchObject({ source: { host: '127.0.0.1' } });
    expectRefusedFrom(hex(`${signature} 21 11 1001`), 16);
    expect(outcome(hex(`${signature} 21 11 1001`), 65_551)).toBeUndefined();
    expect(outcome(hex(`${signature} 20 00 0000`), 16)).toMatchObject({ command: 'LOCAL' });
    expect(outcome(hex(`${signature} 20 00 0001`), 16)).toMatchObject({ code: 'PROXY_HEADER' });
  });

  test('never holds more than the limit, whatever comes', () => {
    const starts = [hex(`${signature} 21 11 1000`), hex(`${signature} 20 00 1000`), ascii('PROXY UNKNOWN ')];
    fc.assert(
      fc.property(
        fc.constantFrom(...starts),
        fc.array(fc.uint8Array({ maxLength: 1500 })),
        (start, chunks) => {
          const decoder = new ProxyHeaderDecoder();
          for (const chunk of [start, ...chunks]) {
            decoder.push(chunk);
            try {
              if (decoder.next() !== undefined) return;
            } catch {
              expect(decoder.bufferedBytes).toBe(0);
              return;
            }
            expect(decoder.bufferedBytes).toBeLessThanOrEqual(start[0] === 0x50 ? 107 : 4112);
          }
        },
      ),
    );
  });

  describe('the checksum (section 2.2.3)', () => {
    const header: ProxyHeader = {
      version: 2,
      command: 'PROXY',
      transport: 'stream',
      source: { family: 'ipv4', host: '127.0.0.1', port: 1 },
      destination: { family: 'ipv4', host: '127.0.0.2', port: 2 },
      extensions: [{ type: 4, value: new Uint8Array(2) }],
    };

    test('is verified: not a bit of the header may be another', () => {
      const bytes = encodeProxyHeader(header, { checksum: true });
      expect(outcome(bytes)).toMatchObject({ extensions: [{ type: 4 }, { type: 3 }] });
      for (let bit = 16 * 8; bit < bytes.length * 8; bit++) {
        const forged = bytes.slice();
        forged[bit >> 3]! ^= 1 << (bit & 7);
        const result = outcome(forged);
        // One bit of the type makes it some other extension, which nothing checks.
        const isChecked =
          !(result instanceof SocketError) && result?.extensions.some(({ type }) => type === 3);
        expect(isChecked).toBeFalsy();
      }
    });

    test('is refused where it has another length, or comes twice', () => {
      const sum = encodeProxyHeader(header, { checksum: true }).subarray(-7);
      expectRefused(binary(0x21, 0x11, Uint8Array.of(...tcp4, ...extension(3, new Uint8Array(3)))));
      expectRefused(binary(0x21, 0x11, Uint8Array.of(...tcp4, ...sum, ...sum)));
    });
  });

  test('refuses forged bytes or reads a header, and nothing else, wherever they are cut', () => {
    const valid = fc.constantFrom(...vectors.map(({ bytes }) => bytes));
    const forgery = fc.tuple(valid, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([bytes, at, byte]) => {
      const forged = bytes.slice();
      forged[at % forged.length] = byte;
      return forged;
    });
    fc.assert(
      fc.property(forgery, fc.nat(), (bytes, at) => {
        const whole = outcome(bytes);
        const decoder = new ProxyHeaderDecoder();
        const cut = at % (bytes.length + 1);
        let pieces: ProxyHeader | undefined | SocketError;
        try {
          for (const chunk of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
            decoder.push(chunk);
            pieces ??= decoder.next();
          }
        } catch (error) {
          pieces = error as SocketError;
        }
        if (whole instanceof SocketError) expect(pieces).toMatchObject({ code: 'PROXY_HEADER' });
        else expect(pieces).toEqual(whole);
      }),
      { numRuns: 2000 },
    );
  });
});
