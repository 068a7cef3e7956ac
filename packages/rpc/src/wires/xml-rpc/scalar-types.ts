import { parseBase64, parseDateTime, parseDouble, parseInteger } from './scalars.ts';
import { tag, type Tag } from './tags.ts';
import type { XmlRpcValue } from './values.ts';

/** A type of values that are one text. */
export interface ScalarType {
  readonly kind: ScalarKind;
  readonly tag: Tag;
}

export type ScalarKind = 'nil' | 'string' | 'double' | 'boolean' | 'dateTime' | 'base64' | 8 | 16 | 32 | 64;

/** The more common ones first: they are tried in turn. */
export const scalars: readonly ScalarType[] = (
  [
    ['string', 'string'],
    ['int', 32],
    ['boolean', 'boolean'],
    ['double', 'double'],
    ['dateTime.iso8601', 'dateTime'],
    ['i4', 32],
    ['base64', 'base64'],
    ['nil', 'nil'],
    ['i8', 64],
    ['i1', 8],
    ['i2', 16],
    ['float', 'double'],
    ['dateTime', 'dateTime'],
  ] as const
).map(([name, kind]) => ({ kind, tag: tag(name) }));

/** Those that begin with a letter, by its byte. */
export const scalarsByLetter: readonly (readonly ScalarType[])[] = Array.from({ length: 256 }, (_, byte) =>
  scalars.filter((type) => type.tag.name.charCodeAt(0) === byte),
);

/** @returns `undefined` for a text that is none of the kind */
export function parseScalar(kind: ScalarKind, text: string): XmlRpcValue | undefined {
  switch (kind) {
    case 'string':
      return text;
    case 'boolean':
      return text === '1' ? true : text === '0' ? false : undefined;
    case 'double':
      return parseDouble(text);
    case 'dateTime':
      return parseDateTime(text);
    case 'base64':
      return parseBase64(text);
    case 'nil':
      return text === '' ? null : undefined;
    case 8:
    case 16:
    case 32:
    case 64:
      return parseInteger(text, kind);
  }
}
