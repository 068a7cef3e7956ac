import { DnsUsageError } from '../errors.ts';
import type { WireReader } from '../wire/reader.ts';
import type { RdataCodec } from './rdata-codec.ts';
import type { ServiceBindingData, ServiceParam, ServiceParamKey } from './record.ts';

/**
 * SVCB and HTTPS (RFC 9460 2.2). Values stay as they are on the wire, views of the message; those of keys known here must have
 * their key's form, as what has not is malformed.
 *
 * ```
 * 00 01 | 03 66 6f 6f 00 | 00 03 00 02 00 35        priority 1, foo., key 3 (port), 2 bytes: 53
 * ```
 */
export const serviceBindingWire: RdataCodec<ServiceBindingData> = {
  read: (reader) => ({
    priority: reader.u16(),
    target: reader.plainName(),
    params: readParams(reader),
  }),
  write(writer, { priority, target, params }) {
    writer.u16(priority, 'SVCB priority');
    writer.plainName(target);
    let last = -1;
    for (const { key, value } of params) {
      const number = serviceKeyNumber(key);
      if (number <= last)
        throw new DnsUsageError('BAD_RECORD', `SVCB: ${key} is not above the key before it`);
      last = number;
      const fault = serviceValueFault(number, value);
      if (fault !== undefined) throw new DnsUsageError('BAD_RECORD', `SVCB: ${fault}`);
      writer.u16(number, 'SVCB key');
      writer.u16(value.length, 'SVCB: the length of a value');
      writer.append(value);
    }
    const missing = missingMandatory(params);
    if (missing !== undefined)
      throw new DnsUsageError('BAD_RECORD', `SVCB: ${missing} is mandatory and absent`);
  },
};

const keyNames: readonly ServiceParamKey[] = [
  'mandatory',
  'alpn',
  'no-default-alpn',
  'port',
  'ipv4hint',
  'ech',
  'ipv6hint',
  'dohpath',
];

/** `alpn` for 1; `key65280` where there is no name (RFC 9460 14.3.2). */
export function serviceKeyName(number: number): ServiceParamKey {
  return keyNames[number] ?? (`key${String(number)}` as ServiceParamKey);
}

/** @throws DnsUsageError `BAD_RECORD`. */
export function serviceKeyNumber(key: ServiceParamKey): number {
  const known = keyNames.indexOf(key);
  if (known >= 0) return known;
  const digits = /^key(0|[1-9]\d{0,4})$/.exec(key)?.[1];
  const number = digits === undefined ? 0x1_0000 : Number(digits);
  if (number > 0xffff)
    throw new DnsUsageError('BAD_RECORD', `${JSON.stringify(key)} is no key of a service binding`);
  return number;
}

/** What is wrong with a value in wire form, as words; `undefined` for nothing, and for keys not known here. */
export function serviceValueFault(key: number, value: Uint8Array): string | undefined {
  const form = forms[key];
  return form === undefined || form(value) ? undefined : `a malformed value of ${serviceKeyName(key)}`;
}

/** The first key that `mandatory` names and that is not there (RFC 9460 8). */
export function missingMandatory(params: readonly ServiceParam[]): ServiceParamKey | undefined {
  const [first] = params;
  if (first?.key !== 'mandatory') return undefined;
  const present = new Set(params.map(({ key }) => serviceKeyNumber(key)));
  for (let at = 0; at < first.value.length; at += 2) {
    const key = u16At(first.value, at);
    if (!present.has(key)) return serviceKeyName(key);
  }
  return undefined;
}

function readParams(reader: WireReader): ServiceParam[] {
  const params: ServiceParam[] = [];
  const start = reader.offset;
  let last = -1;
  while (reader.offset < reader.limit) {
    const at = reader.offset;
    const key = reader.u16();
    if (key <= last) reader.fail('BAD_RDATA', 'SVCB: keys that do not ascend', at);
    last = key;
    const value = reader.take(reader.u16());
    const fault = serviceValueFault(key, value);
    if (fault !== undefined) reader.fail('BAD_RDATA', `SVCB: ${fault}`, at + 4);
    params.push({ key: serviceKeyName(key), value });
  }
  const missing = missingMandatory(params);
  if (missing !== undefined) reader.fail('BAD_RDATA', `SVCB: ${missing} is mandatory and absent`, start);
  return params;
}

/** By key: whether a value has the form that RFC 9460 7 and 8, and RFC 9461 5 (`dohpath`) give it. */
const forms: readonly ((value: Uint8Array) => boolean)[] = [
  isKeyList,
  isProtocolList,
  (value) => value.length === 0,
  (value) => value.length === 2,
  (value) => value.length > 0 && value.length % 4 === 0,
  (value) => value.length > 0,
  (value) => value.length > 0 && value.length % 16 === 0,
  (value) => value.length > 0,
];

/** Keys in ascending order, `mandatory` itself, which is 0, not among them. */
function isKeyList(value: Uint8Array): boolean {
  if (value.length === 0 || value.length % 2 !== 0) return false;
  let last = 0;
  for (let at = 0; at < value.length; at += 2) {
    const key = u16At(value, at);
    if (key <= last) return false;
    last = key;
  }
  return true;
}

/** One or more strings of 1 to 255 bytes, each behind its length. */
function isProtocolList(value: Uint8Array): boolean {
  let at = 0;
  while (at < value.length) {
    const length = value[at] as number;
    if (length === 0) return false;
    at += 1 + length;
  }
  return value.length > 0 && at === value.length;
}

function u16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}
