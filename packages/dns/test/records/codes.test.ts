import { describe, expect, it } from 'vitest';
import {
  className,
  classNumber,
  findClass,
  findType,
  isRecordType,
  opcodeName,
  opcodeNumber,
  rcodeName,
  rcodeNumber,
  recordTypeName,
  typeName,
  typeNumber,
  unknownTypeName,
} from '../../src/records/codes.ts';

describe('Codes', () => {
  it("of types have the registry's names", () => {
    expect(
      [1, 2, 5, 6, 12, 15, 16, 28, 33, 39, 43, 46, 47, 48, 64, 65, 251, 252, 255, 257].map(typeName),
    ).toEqual(
      'A NS CNAME SOA PTR MX TXT AAAA SRV DNAME DS RRSIG NSEC DNSKEY SVCB HTTPS IXFR AXFR ANY CAA'.split(' '),
    );
  });

  it('come back from their names, all of them', () => {
    for (let number = 0; number <= 0xffff; number++) {
      if (typeNumber(typeName(number)) !== number || classNumber(className(number)) !== number)
        expect(number).toBe(-1);
    }
    for (let number = 0; number <= 15; number++) expect(opcodeNumber(opcodeName(number))).toBe(number);
    for (let number = 0; number <= 0xfff; number++) expect(rcodeNumber(rcodeName(number))).toBe(number);
  });

  it('without a name have the one of RFC 3597', () => {
    expect([typeName(0), typeName(65_280), className(42)]).toEqual(['TYPE0', 'TYPE65280', 'CLASS42']);
    expect([opcodeName(3), rcodeName(12), rcodeName(4095)]).toEqual(['OPCODE3', 'RCODE12', 'RCODE4095']);
    expect([typeNumber('TYPE1'), classNumber('CLASS1'), rcodeNumber('RCODE3')]).toEqual([1, 1, 3]);
    expect([unknownTypeName(1), unknownTypeName(65_280)]).toEqual(['TYPE1', 'TYPE65280']);
  });

  it.each([
    '',
    'a',
    'TYPE',
    'TYPE01',
    'TYPE65536',
    'TYPE1.5',
    'TYPE-1',
    'TYPE1e3',
    'toString',
    '__proto__',
    'CLASS1',
  ])('of types are not %j', (text) => {
    expect(() => typeNumber(text as 'TYPE1')).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });

  it('of opcodes and rcodes end where their bits do', () => {
    expect(() => opcodeNumber('OPCODE16')).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
    expect(() => rcodeNumber('RCODE4096')).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });

  it('are found in text in any case', () => {
    expect([findType('mx'), findType('Type15'), findType('soon'), findType('')]).toEqual([
      15,
      15,
      undefined,
      undefined,
    ]);
    expect([findClass('ch'), findClass('class3'), findClass('mx')]).toEqual([3, 3, undefined]);
  });

  it('of questions stand in records as numbers', () => {
    expect([255, 252, 251, 15].map(recordTypeName)).toEqual(['TYPE255', 'TYPE252', 'TYPE251', 'MX']);
    expect((['ANY', 'AXFR', 'IXFR', 'TYPE41', 'MX', 'TYPE255'] as const).map(isRecordType)).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
    ]);
  });
});
