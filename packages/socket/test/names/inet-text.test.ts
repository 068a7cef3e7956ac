import { isIP, isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inetAton, inetFamily, inetNtoa, inetNtop, inetPton } from '../../src/names/inet-text.ts';
import { answerOf, askPython } from './python-socket.ts';

const sample = <T>(arbitrary: fc.Arbitrary<T>, count: number): T[] => fc.sample(arbitrary, count);

describe('inetAton', () => {
  test.each([
    ['127.0.0.1', [127, 0, 0, 1]],
    ['127.1', [127, 0, 0, 1]],
    ['127.0.1', [127, 0, 0, 1]],
    ['1.2.65535', [1, 2, 255, 255]],
    ['1.16777215', [1, 255, 255, 255]],
    ['4294967295', [255, 255, 255, 255]],
    ['0', [0, 0, 0, 0]],
    ['0x7F.0377.0.010', [127, 255, 0, 8]],
    ['0xffffffff', [255, 255, 255, 255]],
    ['037777777777', [255, 255, 255, 255]],
    ['00000000000000000001', [0, 0, 0, 1]],
  ])('reads %s', (text, bytes) => {
    expect([...inetAton(text)]).toEqual(bytes);
  });

  test.each(
    ['', '.', '1.', '.1', '1..2', '1.2.3.4.5', '256.1', '1.2.3.256', '1.2.65536', '1.16777216', '4294967296']
      .concat(['08', '0x', '0xg', '-1', '+1', ' 1', '1e3', '0b1', '0o7', '1.2.3.4\0', '١', 'localhost'])
      .concat(['0x100000000', '99999999999999999999999']),
  )('refuses %j', (text) => {
    expect(() => inetAton(text)).toThrow(
      expect.objectContaining({ name: 'SocketUsageError', code: 'BAD_ADDRESS' }),
    );
  });

  test('refuses what follows a space, which the C library ignores', async () => {
    const text = '1.2.3.4 and more';
    expect(await askPython('socket.inet_aton(x)', [text])).toEqual([[1, 2, 3, 4]]);
    expect(() => inetAton(text)).toThrow(expect.objectContaining({ code: 'BAD_ADDRESS' }));
  });

  test('reads what Python reads, as it does, and refuses what it refuses', async () => {
    const number = fc.oneof(
      fc.constantFrom(0, 1, 7, 8, 255, 256, 65_535, 65_536, 2 ** 24 - 1, 2 ** 24, 2 ** 32 - 1, 2 ** 32),
      fc.integer({ min: 0, max: 300 }),
    );
    const part = fc.oneof(
      { weight: 8, arbitrary: number.map(String) },
      number.map((value) => `0${value.toString(8)}`),
      number.map((value) => `0x${value.toString(16)}`),
      number.map((value) => `0X${value.toString(16).toUpperCase()}`),
      fc.string({ unit: fc.constantFrom(...'0189afxX.+-'), maxLength: 4 }),
    );
    const inputs = sample(
      fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('.')),
      6_000,
    );
    await agree('socket.inet_aton(x)', inputs, inetAton, 500);
  });
});

describe('inetNtoa', () => {
  test('writes four bytes, and no other number of them', () => {
    expect(inetNtoa(Uint8Array.of(127, 0, 0, 1))).toBe('127.0.0.1');
    for (const length of [0, 3, 5, 16]) {
      expect(() => inetNtoa(new Uint8Array(length))).toThrow(
        expect.objectContaining({ code: 'BAD_ARGUMENT' }),
      );
    }
  });

  test('what it writes both readers read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes) => {
        expect(inetAton(inetNtoa(bytes))).toEqual(bytes);
        expect(inetPton('ipv4', inetNtoa(bytes))).toEqual(bytes);
      }),
    );
  });
});

describe('inetPton', () => {
  test.each([
    ['::', '0000000000000000 0000000000000000'],
    ['::1', '0000000000000000 0000000000000001'],
    ['1::', '0001000000000000 0000000000000000'],
    ['2001:DB8::1:0', '20010db800000000 0000000000010000'],
    ['1:2:3:4:5:6:7::', '0001000200030004 0005000600070000'],
    ['::2:3:4:5:6:7:8', '0000000200030004 0005000600070008'],
    ['1:2:3:4:5:6:7:8', '0001000200030004 0005000600070008'],
    ['::ffff:1.2.3.4', '0000000000000000 0000ffff01020304'],
    ['1:2:3:4:5:6:1.2.3.4', '0001000200030004 0005000601020304'],
    ['64:ff9b::192.0.2.33', '0064ff9b00000000 00000000c0000221'],
    ['ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255', 'ffffffffffffffff ffffffffffffffff'],
  ])('reads %s', (text, hex) => {
    expect(Buffer.from(inetPton('ipv6', text)).toString('hex')).toBe(hex.replace(' ', ''));
  });

  test.each(
    ['', ':', ':::', '1:', ':1', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1::2:3:4:5:6:7:8']
      .concat([
        '12345::',
        'g::',
        '::1.2.3',
        '::1.2.3.4:5',
        '1.2.3.4::',
        '::01.2.3.4',
        '::256.2.3.4',
        '1.2.3.4',
      ])
      .concat(['::1%lo', '[::1]', ' ::1', '::1\n', '::1\0', '1:2:3:4:5:6:7:1.2.3.4', '::-1', '::+1']),
  )('refuses %j as IPv6', (text) => {
    expect(() => inetPton('ipv6', text)).toThrow(expect.objectContaining({ code: 'BAD_ADDRESS' }));
  });

  test.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.00',
    '1.2.3.256',
    '1.2.3.0x4',
    '::1',
    '1.2.3.4 ',
  ])('refuses %j as IPv4', (text) => {
    expect(() => inetPton('ipv4', text)).toThrow(expect.objectContaining({ code: 'BAD_ADDRESS' }));
  });

  test('reads of IPv4 what Python and node read, and nothing else', async () => {
    const part = fc.oneof(
      { weight: 12, arbitrary: fc.integer({ min: 0, max: 260 }).map(String) },
      { weight: 1, arbitrary: fc.constantFrom('', '00', '01', 'a', '1000') },
    );
    const parts = fc.oneof(fc.array(part, { minLength: 4, maxLength: 4 }), fc.array(part, { maxLength: 6 }));
    const inputs = sample(
      parts.map((each) => each.join('.')),
      4_000,
    );
    const read = (text: string): Uint8Array => inetPton('ipv4', text);
    await agree('socket.inet_pton(socket.AF_INET, x)', inputs, read, 300);
    expect(inputs.map((text) => answerOf(() => read(text)) !== null)).toEqual(inputs.map((t) => isIPv4(t)));
  });

  test('reads of IPv6 what Python and node read, and nothing else', async () => {
    const read = (text: string): Uint8Array => inetPton('ipv6', text);
    const inputs = sample(ipv6Text(), 6_000);
    await agree('socket.inet_pton(socket.AF_INET6, x)', inputs, read, 1_000);
    expect(inputs.map((text) => answerOf(() => read(text)) !== null)).toEqual(inputs.map((t) => isIPv6(t)));
  });
});

describe('inetNtop', () => {
  // RFC 5952, section 4, and the examples of its section 5.
  test.each([
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8::AAAA', '2001:db8::aaaa'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['::ffff:c000:0201', '::ffff:192.0.2.1'],
    ['::ffff:0:0', '::ffff:0.0.0.0'],
    ['64:ff9b::c000:221', '64:ff9b::c000:221'],
  ])('writes %s as %s', (text, canonical) => {
    expect(inetNtop('ipv6', inetPton('ipv6', text))).toBe(canonical);
  });

  test('writes IPv4 dotted', () => {
    expect(inetNtop('ipv4', Uint8Array.of(192, 0, 2, 1))).toBe('192.0.2.1');
  });

  test('refuses what has not as many bytes as the family', () => {
    for (const [family, length] of [
      ['ipv4', 16],
      ['ipv6', 4],
      ['ipv6', 0],
      ['ipv6', 17],
    ] as const) {
      expect(() => inetNtop(family, new Uint8Array(length))).toThrow(
        expect.objectContaining({ code: 'BAD_ARGUMENT' }),
      );
    }
  });

  test('writes what Python writes', async () => {
    const inputs = sample(sparseBytes(), 6_000).map((bytes) => [...bytes]);
    const expected = await askPython('socket.inet_ntop(socket.AF_INET6, bytes(x))', inputs);
    expect(inputs.map((bytes) => inetNtop('ipv6', Uint8Array.from(bytes)))).toEqual(expected);
  });

  test('what it writes is read back as the same bytes', () => {
    fc.assert(
      fc.property(sparseBytes(), (bytes) => {
        expect(inetPton('ipv6', inetNtop('ipv6', bytes))).toEqual(bytes);
      }),
    );
  });
});

describe('inetFamily', () => {
  test('is what node says it is', () => {
    const zone = fc.constantFrom('', '', '%lo', '%2', '%', '%e th', '%a%b', '%eth0.1');
    const inputs = sample(
      fc.tuple(fc.oneof(ipv6Text(), fc.ipV4(), fc.ipV6()), zone).map((parts) => parts.join('')),
      6_000,
    );
    const families = { 0: undefined, 4: 'ipv4', 6: 'ipv6' } as const;
    expect(inputs.map((text) => [text, inetFamily(text)])).toEqual(
      inputs.map((text) => [text, families[isIP(text) as 0 | 4 | 6]]),
    );
    expect(new Set(inputs.map(inetFamily)).size).toBe(3);
  });
});

/** Addresses of every shape: with zero runs here and there, with an embedded IPv4 address, and some that are almost addresses. */
function ipv6Text(): fc.Arbitrary<string> {
  const group = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16)) },
    { weight: 2, arbitrary: fc.constantFrom('0', '0000', 'FFFF', 'ffff') },
    { weight: 1, arbitrary: fc.constantFrom('', '12345', 'g', '1.2.3.4', '1.2.3', '01.2.3.4') },
  );
  const groups = fc.array(group, { maxLength: 8 }).map((parts) => parts.join(':'));
  return fc.oneof(
    fc.array(group, { minLength: 8, maxLength: 8 }).map((parts) => parts.join(':')),
    fc.tuple(groups, groups).map(([head, tail]) => `${head}::${tail}`),
    fc.tuple(groups).map(([head]) => `${head}:1.2.3.4`),
    fc.string({ unit: fc.constantFrom(...'01af:.'), maxLength: 12 }),
  );
}

/** 16 bytes with many zeros among them. */
function sparseBytes(): fc.Arbitrary<Uint8Array> {
  const group = fc.oneof(
    fc.constant(0),
    fc.constantFrom(1, 0xff, 0xffff),
    fc.integer({ min: 0, max: 0xffff }),
  );
  return fc
    .array(group, { minLength: 8, maxLength: 8 })
    .map((groups) => Uint8Array.from(groups.flatMap((value) => [value >>> 8, value & 0xff])));
}

/** Python answers the same for each input; at least so many are valid, and so many are not. */
async function agree(
  expression: string,
  inputs: readonly string[],
  read: (text: string) => Uint8Array,
  atLeast: number,
): Promise<void> {
  const expected = await askPython(expression, inputs);
  const refused = expected.filter((answer) => answer === null).length;
  expect(refused).toBeGreaterThan(atLeast);
  expect(inputs.length - refused).toBeGreaterThan(atLeast);
  expect(inputs.map((text) => [text, answerOf(() => read(text))])).toEqual(
    inputs.map((text, at) => [text, expected[at]]),
  );
}
