import { HttpUsageError } from '../../errors.ts';
import { utf8 } from '../../protocol/octets.ts';
import { hasLoneSurrogate } from '../utf8.ts';
import { encodeBase64 } from './base64.ts';
import {
  KEY,
  KEY_START,
  maxInteger,
  TOKEN_REST,
  TOKEN_START,
  type BareItem,
  type ItemParameters,
  type WritableItem,
  type WritableMember,
} from './values.ts';
import { isAll } from '../cursor.ts';

/**
 * A List as the value of a field (RFC 9651 4.1.1); `undefined` for an empty one, for then the field is not sent at all.
 *
 * @throws HttpUsageError `BAD_FIELD` for a key or value that its type cannot hold.
 */
export function formatStructuredList(members: Iterable<WritableMember>): string | undefined {
  const texts = Array.from(members, formatMember);
  return texts.length === 0 ? undefined : texts.join(', ');
}

/**
 * A Dictionary as the value of a field (RFC 9651 4.1.2), `true` by its key alone; `undefined` for an empty one, for then the field is
 * not sent at all.
 *
 * @throws HttpUsageError `BAD_FIELD` for a key or value that its type cannot hold.
 */
export function formatStructuredDictionary(members: ReadonlyMap<string, WritableMember>): string | undefined {
  const texts = Array.from(members, ([key, member]) => {
    const isTrue = member.type === 'boolean' && member.value;
    return formatKey(key) + (isTrue ? formatParameters(member.parameters) : `=${formatMember(member)}`);
  });
  return texts.length === 0 ? undefined : texts.join(', ');
}

/**
 * An Item as the value of a field (RFC 9651 4.1.3).
 *
 * @throws HttpUsageError `BAD_FIELD` for a key or value that its type cannot hold.
 */
export function formatStructuredItem(item: WritableItem): string {
  return formatBareItem(item) + formatParameters(item.parameters);
}

/** 4.1.1.1 */
function formatMember(member: WritableMember): string {
  if (member.type !== 'inner-list') return formatStructuredItem(member);
  return `(${member.value.map(formatStructuredItem).join(' ')})${formatParameters(member.parameters)}`;
}

/** 4.1.1.2 */
function formatParameters(parameters: ItemParameters = new Map()): string {
  let text = '';
  for (const [key, value] of parameters) {
    const isTrue = value.type === 'boolean' && value.value;
    text += `;${formatKey(key)}${isTrue ? '' : `=${formatBareItem(value)}`}`;
  }
  return text;
}

/** 4.1.1.3 */
function formatKey(key: string): string {
  if (!isAll(KEY, key) || KEY_START[key.charCodeAt(0)] !== 1) throw refused('a key', key);
  return key;
}

/** 4.1.3.1 */
function formatBareItem(item: BareItem): string {
  switch (item.type) {
    case 'integer':
      return formatInteger(item.value);
    case 'decimal':
      return formatDecimal(item.value);
    case 'string':
      return formatString(item.value);
    case 'token':
      if (!isAll(TOKEN_REST, item.value) || TOKEN_START[item.value.charCodeAt(0)] !== 1)
        throw refused('a token', item.value);
      return item.value;
    case 'bytes':
      return `:${encodeBase64(item.value)}:`;
    case 'boolean':
      return item.value ? '?1' : '?0';
    case 'date':
      return `@${formatInteger(item.value)}`;
    case 'display-string':
      return formatDisplayString(item.value);
    default:
      throw refused('the type of an item', (item as { type: unknown }).type);
  }
}

/** 4.1.4 */
function formatInteger(value: unknown): string {
  if (!Number.isInteger(value) || Math.abs(value as number) > maxInteger) throw refused('an integer', value);
  return String((value as number) + 0);
}

/**
 * 4.1.5: to three digits behind the point, halves to the even one. What is rounded is the number as JavaScript writes it, the shortest
 * decimal
 * that means it: its exact binary value has no halves to speak of.
 */
function formatDecimal(value: unknown): string {
  if (typeof value !== 'number' || !(Math.abs(value) < 1e12)) throw refused('a decimal', value);
  const thousandths = roundToThousandths(Math.abs(value));
  if (thousandths >= 1e15) throw refused('a decimal', value);
  const whole = Math.floor(thousandths / 1000);
  const fraction = String(thousandths % 1000)
    .padStart(3, '0')
    .replace(/0{1,2}$/, '');
  return `${value < 0 && thousandths > 0 ? '-' : ''}${String(whole)}.${fraction}`;
}

function roundToThousandths(value: number): number {
  // Below this String() writes an exponent; and it rounds to nothing.
  if (value < 1e-6) return 0;
  const [whole, digits = ''] = String(value).split('.');
  const thousandths = Number(`${whole as string}${digits.slice(0, 3).padEnd(3, '0')}`);
  const rest = digits.slice(3);
  const isUp = rest > '5' || (rest === '5' && thousandths % 2 === 1);
  return isUp ? thousandths + 1 : thousandths;
}

/** 4.1.6 */
function formatString(value: unknown): string {
  if (typeof value !== 'string' || !/^[ -~]*$/.test(value)) throw refused('a string', value);
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** 4.1.11 */
function formatDisplayString(value: unknown): string {
  if (typeof value !== 'string' || hasLoneSurrogate(value)) throw refused('a display string', value);
  let text = '';
  for (const octet of utf8(value)) {
    const character = String.fromCharCode(octet);
    const isPlain = octet >= 0x20 && octet < 0x7f && character !== '%' && character !== '"';
    text += isPlain ? character : `%${octet.toString(16).padStart(2, '0')}`;
  }
  return `%"${text}"`;
}

function refused(what: string, value: unknown): HttpUsageError {
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return new HttpUsageError('BAD_FIELD', `${what} cannot be ${shown}`);
}
