import fc from 'fast-check';
import { formatIpv4, formatIpv6 } from '../../../src/records/address.ts';
import type { RecordType, ResourceRecord, ServiceParam } from '../../../src/records/record.ts';
import { serviceKeyName } from '../../../src/records/service-wire.ts';
import { recordTypeName, unknownTypeName } from '../../../src/records/codes.ts';
import { Name } from '../../../src/name.ts';

const label = fc.oneof(
  fc.constantFrom('a', 'B', 'www', '*', '_tcp', '@', '$').map((text) => new TextEncoder().encode(text)),
  fc.uint8Array({ minLength: 1, maxLength: 63 }),
);

/** Any name: labels are bytes. */
export const anyName: fc.Arbitrary<Name> = fc
  .array(label, { maxLength: 8 })
  .filter((labels) => labels.reduce((bytes, { length }) => bytes + 1 + length, 1) <= 255)
  .map((labels) => Name.fromLabels(labels));

const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);
const someBytes = fc.uint8Array({ minLength: 1, maxLength: 70 });
const target = fc.record({ target: anyName });
const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
const ipv6 = fc
  .array(fc.constantFrom(0, 0, 1, 0xff, 0xab), { minLength: 16, maxLength: 16 })
  .map((bytes) => Uint8Array.from(bytes));
const recordType: fc.Arbitrary<RecordType> = u16.map((number) => recordTypeName(number));

const concat = (parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

/** Values of SvcParams by key, as they are on the wire; key 0, `mandatory`, is made of what else is there. */
const paramValue = (key: number): fc.Arbitrary<Uint8Array> => {
  const list = (item: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
    fc.array(item, { minLength: 1, maxLength: 3 }).map(concat);
  switch (key) {
    case 1:
      return list(someBytes.map((bytes) => Uint8Array.of(bytes.length, ...bytes)));
    case 2:
      return fc.constant(new Uint8Array(0));
    case 3:
      return fc.uint8Array({ minLength: 2, maxLength: 2 });
    case 4:
      return list(ipv4);
    case 6:
      return list(ipv6);
    case 5:
    case 7:
      return someBytes;
    default:
      return fc.uint8Array({ maxLength: 20 });
  }
};

const params: fc.Arbitrary<readonly ServiceParam[]> = fc
  .tuple(
    fc.uniqueArray(fc.oneof(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 8, max: 0xffff })), {
      maxLength: 6,
    }),
    fc.boolean(),
  )
  .chain(([found, isDemanding]) => {
    const keys = found.includes(2) && !found.includes(1) ? [...found, 1] : found;
    keys.sort((one, other) => one - other);
    const values = fc
      .tuple(...keys.map(paramValue))
      .map((list) =>
        list.map((value, index): ServiceParam => ({ key: serviceKeyName(keys[index] as number), value })),
      );
    if (!isDemanding || keys.length === 0) return values;
    const mandatory = Uint8Array.from(keys.flatMap((key) => [key >> 8, key & 0xff]));
    return values.map((list) => [{ key: 'mandatory', value: mandatory } as const, ...list]);
  });

/** Data by type, in the form that both `decode` and `parseRecord` give. */
const datas: readonly fc.Arbitrary<Pick<ResourceRecord, 'type' | 'data'>>[] = [
  ipv4.map((bytes) => ({ type: 'A', data: { address: formatIpv4(bytes, 0) } }) as const),
  ipv6.map((bytes) => ({ type: 'AAAA', data: { address: formatIpv6(bytes, 0) } }) as const),
  fc.record({ type: fc.constantFrom('NS', 'CNAME', 'PTR', 'DNAME'), data: target }),
  fc.record({
    type: fc.constant('SOA'),
    data: fc.record({
      mname: anyName,
      rname: anyName,
      serial: u32,
      refresh: u32,
      retry: u32,
      expire: u32,
      minimum: u32,
    }),
  }),
  fc.record({ type: fc.constant('MX'), data: fc.record({ preference: u16, exchange: anyName }) }),
  fc.record({
    type: fc.constant('TXT'),
    data: fc.record({ strings: fc.array(fc.uint8Array({ maxLength: 255 }), { minLength: 1, maxLength: 4 }) }),
  }),
  fc.record({
    type: fc.constant('SRV'),
    data: fc.record({ priority: u16, weight: u16, port: u16, target: anyName }),
  }),
  fc.record({
    type: fc.constant('CAA'),
    data: fc.record({
      flags: u8,
      tag: fc.stringMatching(/^[A-Za-z0-9]{1,20}$/),
      value: fc.uint8Array({ maxLength: 300 }),
    }),
  }),
  fc.record({
    type: fc.constantFrom('SVCB', 'HTTPS'),
    data: fc.record({ priority: u16, target: anyName, params }),
  }),
  fc.record({
    type: fc.constant('DS'),
    data: fc.record({ keyTag: u16, algorithm: u8, digestType: u8, digest: someBytes }),
  }),
  fc.record({
    type: fc.constant('DNSKEY'),
    data: fc.record({ flags: u16, protocol: u8, algorithm: u8, publicKey: someBytes }),
  }),
  fc.record({
    type: fc.constant('RRSIG'),
    data: fc.record({
      typeCovered: recordType,
      algorithm: u8,
      labels: u8,
      originalTtl: u32,
      expiration: u32,
      inception: u32,
      keyTag: u16,
      signer: anyName,
      signature: someBytes,
    }),
  }),
  fc.record({
    type: fc.constant('NSEC'),
    data: fc.record({
      next: anyName,
      types: fc
        .uniqueArray(u16, { maxLength: 12 })
        .map((numbers) => numbers.sort((one, other) => one - other).map(recordTypeName)),
    }),
  }),
  fc.record({
    type: fc.integer({ min: 300, max: 0xffff }).map(unknownTypeName),
    data: fc.record({ bytes: fc.uint8Array({ maxLength: 100 }) }),
  }),
];

/** Any record that a message can carry, of any type; of class IN. */
export const anyRecord: fc.Arbitrary<ResourceRecord> = fc
  .record({ name: anyName, ttl: fc.nat(0x7fff_ffff), data: fc.oneof(...datas) })
  .map(({ name, ttl, data: { type, data } }) => ({ name, type, class: 'IN', ttl, data }) as ResourceRecord);
