import { describe, expect, it } from 'vitest';
import { dataBytes } from '../../../src/records/presentation/wire-form.ts';
import { formatRecord, parseRecord } from '../../../src/records/presentation/record-text.ts';
import type { ZoneFileErrorCode } from '../../../src/records/presentation/zone-file-error.ts';
import { hex } from '../../bytes.ts';
import { expectZoneFileError } from './fault.ts';

const options = { origin: '.', defaultTtl: 7200 } as const;
const fooExampleCom = '03 "foo" 07 "example" 03 "com" 00';
const fooExampleOrg = '03 "foo" 07 "example" 03 "org" 00';

/** Text, RDATA, and the text that it is written as. */
function expectData(text: string, wire: string, written: string): void {
  const record = parseRecord(`example.com. ${text}`, options);
  expect(dataBytes(record)).toEqual(hex(wire));
  expect(formatRecord(record)).toBe(`example.com. 7200 IN ${written}`);
  expect(
    parseRecord(
      `example.com. SVCB \\# ${String(hex(wire).length)} ${Buffer.from(hex(wire)).toString('hex')}`,
      options,
    ).data,
  ).toEqual(record.data);
}

describe('the vectors of RFC 9460 appendix D', () => {
  it.each([
    ['figure 2', 'HTTPS 0 foo.example.com.', `00 00 ${fooExampleCom}`, 'HTTPS 0 foo.example.com.'],
    ['figure 3', 'SVCB 1 .', '00 01 00', 'SVCB 1 .'],
    [
      'figure 4',
      'SVCB 16 foo.example.com. port=53',
      `00 10 ${fooExampleCom} 00 03 00 02 00 35`,
      'SVCB 16 foo.example.com. port=53',
    ],
    [
      'figure 5',
      'SVCB 1 foo.example.com. key667=hello',
      `00 01 ${fooExampleCom} 02 9b 00 05 "hello"`,
      'SVCB 1 foo.example.com. key667=hello',
    ],
    [
      'figure 6',
      'SVCB 1 foo.example.com. key667="hello\\210qoo"',
      `00 01 ${fooExampleCom} 02 9b 00 09 "hello" d2 "qoo"`,
      'SVCB 1 foo.example.com. key667="hello\\210qoo"',
    ],
    [
      'figure 7',
      'SVCB 1 foo.example.com. ( ipv6hint="2001:db8::1,2001:db8::53:1" )',
      `00 01 ${fooExampleCom} 00 06 00 20 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 00 00 00 00 00 00 00 00 53 00 01`,
      'SVCB 1 foo.example.com. ipv6hint=2001:db8::1,2001:db8::53:1',
    ],
    [
      'figure 8',
      'SVCB 1 example.com. ( ipv6hint="2001:db8:122:344::192.0.2.33" )',
      '00 01 07 "example" 03 "com" 00 00 06 00 10 20 01 0d b8 01 22 03 44 00 00 00 00 c0 00 02 21',
      'SVCB 1 example.com. ipv6hint=2001:db8:122:344::c000:221',
    ],
    [
      'figure 9',
      'SVCB 16 foo.example.org. ( alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1 )',
      `00 10 ${fooExampleOrg} 00 00 00 04 00 01 00 04 00 01 00 09 02 "h2" 05 "h3-19" 00 04 00 04 c0 00 02 01`,
      'SVCB 16 foo.example.org. mandatory=alpn,ipv4hint alpn=h2,h3-19 ipv4hint=192.0.2.1',
    ],
    [
      'figure 10, quoted',
      'SVCB 16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"',
      `00 10 ${fooExampleOrg} 00 01 00 0c 08 "f\\oo,bar" 02 "h2"`,
      'SVCB 16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"',
    ],
    [
      'figure 10, bare',
      'SVCB 16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2',
      `00 10 ${fooExampleOrg} 00 01 00 0c 08 "f\\oo,bar" 02 "h2"`,
      'SVCB 16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"',
    ],
  ])('%s', (_, text, wire, written) => {
    expectData(text, wire, written);
  });
});

describe('appendix A', () => {
  it('reads a string before it reads the list in it', () => {
    const wire = '00 01 00 00 01 00 19 05 "part1" 05 "part2" 0c "part3,part4\\"';
    const written = 'SVCB 1 . alpn="part1,part2,part3\\\\,part4\\\\\\\\"';
    expectData('SVCB 1 . alpn="part1,part2,part3\\\\,part4\\\\\\\\"', wire, written);
    expectData('SVCB 1 . alpn=part1\\,\\p\\a\\r\\t2\\044part3\\092,part4\\092\\\\', wire, written);
  });
});

describe('other forms', () => {
  it.each([
    [
      '1 . no-default-alpn alpn=h2',
      '00 01 00 00 01 00 03 02 "h2" 00 02 00 00',
      '1 . alpn=h2 no-default-alpn',
    ],
    [
      '1 . no-default-alpn= alpn="h2"',
      '00 01 00 00 01 00 03 02 "h2" 00 02 00 00',
      '1 . alpn=h2 no-default-alpn',
    ],
    ['0 . no-default-alpn=""', '00 00 00 00 02 00 00', '0 . no-default-alpn'],
    ['1 . ech=AEj+DQ==', '00 01 00 00 05 00 04 00 48 fe 0d', '1 . ech=AEj+DQ=='],
    [
      '1 . dohpath=/dns-query{?dns}',
      '00 01 00 00 07 00 10 "/dns-query{?dns}"',
      '1 . dohpath=/dns-query{?dns}',
    ],
    ['1 . dohpath="/ä b"', '00 01 00 00 07 00 05 "/" c3 a4 20 "b"', '1 . dohpath="/\\195\\164 b"'],
    ['1 . key65535 key667=""', '00 01 00 02 9b 00 00 ff ff 00 00', '1 . key667 key65535'],
    ['1 . key667=a=b', '00 01 00 02 9b 00 03 "a=b"', '1 . key667=a=b'],
    // The generic form of a key with a name: the value is in wire form (RFC 9460 2.1).
    [
      '1 . key1=\\002h2 key3=\\000\\053',
      '00 01 00 00 01 00 03 02 "h2" 00 03 00 02 00 35',
      '1 . alpn=h2 port=53',
    ],
    ['1 . mandatory=key667 key667', '00 01 00 00 00 00 02 02 9b 02 9b 00 00', '1 . mandatory=key667 key667'],
  ])('reads %s', (text, wire, written) => {
    expectData(`SVCB ${text}`, wire, `SVCB ${written}`);
  });
});

describe('what is refused', () => {
  it.each<[text: string, column: number, reason: string, code?: ZoneFileErrorCode]>([
    // The failure cases of RFC 9460 D.3.
    ['1 foo. ( key123=abc key123=def )', 35, 'a second parameter "key123"'],
    ['1 foo. mandatory', 31, '"" is no key'],
    ['1 foo. alpn', 26, 'a protocol of 0 bytes'],
    ['1 foo. port', 26, 'expected a port, found ""'],
    ['1 foo. ipv4hint', 30, 'IPv4'],
    ['1 foo. ipv6hint', 30, 'IPv6'],
    ['1 foo. no-default-alpn=abc', 22, 'no-default-alpn'],
    ['1 foo. mandatory=key123', 22, '"key123" is mandatory, but absent'],
    ['1 foo. mandatory=mandatory', 22, 'mandatory'],
    ['1 foo. ( mandatory=key123,key123 key123=abc )', 34, 'a key twice'],
    // Others.
    ['1 foo. no-default-alpn', 22, 'without "alpn"'],
    ['1 foo. ech', 22, 'ech'],
    ['1 foo. ech=AEj+DQ', 26, 'base 64'],
    ['1 foo. dohpath=""', 22, 'dohpath'],
    ['1 foo. port=65536', 27, '"65536"'],
    ['1 foo. port=\\053', 27, 'expected a port'],
    ['1 foo. port="53', 27, 'its line does not end', 'UNTERMINATED_STRING'],
    ['1 foo. ipv4hint=1.2.3.4,', 31, 'found ""'],
    ['1 foo. ipv4hint=1.2.3.4,::1', 31, '"::1"'],
    ['1 foo. ipv6hint=1.2.3.4', 31, '"1.2.3.4"'],
    ['1 foo. alpn=h2,', 27, 'a protocol of 0 bytes'],
    ['1 foo. alpn=h2,,h3', 27, 'a protocol of 0 bytes'],
    [`1 foo. alpn=${'x'.repeat(256)}`, 27, '256 bytes'],
    ['1 foo. alpn=h\\\\2', 27, 'backslash', 'BAD_ESCAPE'],
    ['1 foo. alpn=h2\\\\', 27, 'backslash', 'BAD_ESCAPE'],
    ['1 foo. ALPN=h2', 22, '"ALPN" is no key'],
    ['1 foo. key01=h2', 22, '"key01" is no key'],
    ['1 foo. key65536=a', 22, '"key65536" is no key'],
    ['1 foo. constructor=a', 22, '"constructor" is no key'],
    ['1 foo. key1=h2', 22, 'alpn'],
    ['1 foo. key1=\\002h2 alpn=h2', 34, 'a second parameter "alpn"'],
    ['1 foo. "port=53"', 22, 'the string'],
    ['1 foo. port"53"', 26, 'a quote inside'],
    ['1 foo. port=5"3"', 28, 'a quote inside'],
    ['1 foo. alpn="h2"port=53', 31, 'white space is missing'],
    ['1 foo. alpn="h2""h3"', 31, 'the string'],
    ['1', 16, 'a target name', 'MISSING_FIELD'],
  ])('%s', (text, column, reason, code = 'BAD_RDATA') => {
    expectZoneFileError(() => parseRecord(`a. IN 60 SVCB ${text}`), { code, line: 1, column, reason });
  });

  it('is not a parameter of an alias, which counts for nothing (RFC 9460 2.4.2)', () => {
    expect(formatRecord(parseRecord('a. 1 SVCB 0 b. no-default-alpn'))).toBe(
      'a. 1 IN SVCB 0 b. no-default-alpn',
    );
  });
});
