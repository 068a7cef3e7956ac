import type { SettledLimits } from './limits.ts';
import { remember, type Met, type Place, type Repeat } from './repeats.ts';
import { parseScalar, scalars, scalarsByLetter, type ScalarKind, type ScalarType } from './scalar-types.ts';
import type { Scanner } from './scanner.ts';
import { tag, type Tag } from './tags.ts';
import type { MemberName } from './text-scanner.ts';
import type { XmlRpcValue } from './values.ts';

/** Values, one inside the other. */
export class ValueReader {
  readonly #scanner: Scanner;
  readonly #limits: SettledLimits;
  #depth = 0;
  #count = 0;
  /** What came behind an element of an array. */
  readonly #element: Place = { repeats: undefined };

  constructor(scanner: Scanner, limits: SettledLimits) {
    this.#scanner = scanner;
    this.#limits = limits;
  }

  params(): XmlRpcValue[] {
    const scanner = this.#scanner;
    const params: XmlRpcValue[] = [];
    if (!scanner.tryStart(tags.params) || scanner.isEmptyElement) return params;
    while (!scanner.tryEnd(tags.params)) {
      scanner.open(tags.param);
      params.push(this.value());
      scanner.end(tags.param);
    }
    return params;
  }

  value(): XmlRpcValue {
    const type = this.#startValue();
    if (type === undefined) return this.#restOfValue();
    const value = this.#scalar(type);
    this.#scanner.end(type.tag);
    this.#scanner.end(tags.value);
    return value;
  }

  /**
   * `<value>` and, where a scalar's start tag stands right behind as it is nearly always written, that: its text is next. Else `undefined`,
   * and {@link #restOfValue} reads on.
   */
  #startValue(): ScalarType | undefined {
    const scanner = this.#scanner;
    scanner.start(tags.value);
    this.#countValue();
    if (scanner.isEmptyElement) return undefined;
    for (const type of scalarsByLetter[scanner.letter] ?? []) {
      if (scanner.take(type.tag)) return type;
    }
    return undefined;
  }

  #restOfValue(): XmlRpcValue {
    const scanner = this.#scanner;
    if (scanner.isEmptyElement) return '';
    const start = scanner.position;
    scanner.skipBlank();
    let value: XmlRpcValue;
    if (scanner.isAtStart()) {
      value = this.#typed();
    } else {
      scanner.position = start;
      value = scanner.text();
    }
    scanner.end(tags.value);
    return value;
  }

  /** Any type, in any way of writing it. */
  #typed(): XmlRpcValue {
    const scanner = this.#scanner;
    if (scanner.take(tags.struct)) return this.#struct(tags.struct);
    if (scanner.take(tags.array)) return this.#array(tags.array);
    const at = scanner.position;
    const name = scanner.startAny();
    // Extensions have a prefix: `ex:i8`.
    const local = name.slice(name.indexOf(':') + 1);
    const own = local === name ? undefined : tag(name);
    if (local === 'struct') return this.#struct(own ?? tags.struct);
    if (local === 'array') return this.#array(own ?? tags.array);
    const type = scalars.find((known) => known.tag.name === local);
    if (type === undefined) return scanner.fail('BAD_VALUE', `<${name.slice(0, 40)}> is no type`, at);
    if (scanner.isEmptyElement) return this.#parsed(type, '', scanner.position);
    const value = this.#scalar(type, own);
    scanner.end(own ?? type.tag);
    return value;
  }

  #struct(type: Tag): XmlRpcValue {
    const scanner = this.#scanner;
    const struct: Record<string, XmlRpcValue> = {};
    this.#enter();
    const isEmpty = scanner.isEmptyElement;
    let last: Met | undefined;
    while (!isEmpty && !scanner.tryEnd(type)) {
      scanner.open(tags.member);
      scanner.open(tags.name);
      let name = scanner.memberName();
      scanner.end(tags.name);
      let scalar = this.#startValue();
      if (scalar === undefined) {
        put(struct, name, this.#restOfValue());
        last = undefined;
      } else {
        if (last !== undefined) remember(last, scanner, name, scalar);
        for (;;) {
          put(struct, name, this.#scalar(scalar));
          const next = this.#takeRepeat(name, scalar);
          if (next === undefined) break;
          name = next.place as MemberName;
          scalar = next.type;
        }
        last = this.#met(name, scalar);
        scanner.end(scalar.tag);
        scanner.end(tags.value);
      }
      scanner.end(tags.member);
    }
    this.#depth--;
    return struct;
  }

  #array(type: Tag): XmlRpcValue {
    const scanner = this.#scanner;
    const array: XmlRpcValue[] = [];
    this.#enter();
    scanner.requireContent(type);
    scanner.start(tags.data);
    const isEmpty = scanner.isEmptyElement;
    let last: Met | undefined;
    while (!isEmpty && !scanner.tryEnd(tags.data)) {
      let scalar = this.#startValue();
      if (scalar === undefined) {
        array.push(this.#restOfValue());
        last = undefined;
        continue;
      }
      if (last !== undefined) remember(last, scanner, this.#element, scalar);
      for (;;) {
        array.push(this.#scalar(scalar));
        const next = this.#takeRepeat(this.#element, scalar);
        if (next === undefined) break;
        scalar = next.type;
      }
      last = this.#met(this.#element, scalar);
      scanner.end(scalar.tag);
      scanner.end(tags.value);
    }
    scanner.end(type);
    this.#depth--;
    return array;
  }

  #met(place: Place, type: ScalarType): Met {
    const { position, overwritten } = this.#scanner;
    return { place, type, at: position, overwritten };
  }

  /** From behind a scalar's text to the next one's, where what stands between is what stood there before. */
  #takeRepeat(place: Place, type: ScalarType): Repeat | undefined {
    for (let repeat = place.repeats; repeat !== undefined; repeat = repeat.others) {
      if (repeat.from === type && this.#scanner.takeRepeat(repeat)) {
        this.#countValue();
        return repeat;
      }
    }
    return undefined;
  }

  /** Up to its end tag, `type`'s own or one with a prefix. */
  #scalar(type: ScalarType, written: Tag = type.tag): XmlRpcValue {
    const scanner = this.#scanner;
    if (type.kind === 'string') return scanner.text();
    const usual = this.#asUsual(type.kind);
    if (usual !== undefined) return usual;
    const at = scanner.position;
    const text = scanner.text();
    const end = scanner.position;
    // What is no XML at all is told first.
    scanner.end(written);
    scanner.position = end;
    return this.#parsed(type, text, at);
  }

  /** As it is nearly always written: without its text being made. */
  #asUsual(kind: ScalarKind): XmlRpcValue | undefined {
    switch (kind) {
      case 32:
      case 64:
        return this.#scanner.smallInt();
      case 'boolean':
        return this.#scanner.boolean();
      case 'double':
        return this.#scanner.smallDouble();
      case 'dateTime':
        return this.#scanner.dateTime();
      case 'string':
      case 'base64':
      case 'nil':
      case 8:
      case 16:
        return undefined;
    }
  }

  #parsed(type: ScalarType, text: string, at: number): XmlRpcValue {
    const value = parseScalar(type.kind, text);
    return value === undefined ? this.#scanner.fail('BAD_VALUE', `no ${type.tag.name}`, at) : value;
  }

  #countValue(): void {
    if (++this.#count > this.#limits.maxValues) {
      this.#scanner.fail('TOO_MANY_VALUES', `more than ${String(this.#limits.maxValues)} values`);
    }
  }

  #enter(): void {
    if (++this.#depth > this.#limits.maxDepth) {
      this.#scanner.fail(
        'TOO_DEEP',
        `more than ${String(this.#limits.maxDepth)} arrays and structs inside each other`,
      );
    }
  }
}

function put(struct: Record<string, XmlRpcValue>, name: MemberName, value: XmlRpcValue): void {
  if (name.isOrdinary) struct[name.text] = value;
  else
    Object.defineProperty(struct, name.text, { value, writable: true, enumerable: true, configurable: true });
}

const tags = {
  params: tag('params'),
  param: tag('param'),
  value: tag('value'),
  struct: tag('struct'),
  member: tag('member'),
  name: tag('name'),
  array: tag('array'),
  data: tag('data'),
} as const;
