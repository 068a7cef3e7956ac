/**
 * Fixed markup between two texts. What ends one value and what begins the next are joined and kept when they come a second time: structs of
 * one kind repeat them, and most of a document is markup.
 *
 * ```
 * </int></value></member>  and behind it  <member><name>b</name><value><string>
 * ```
 */
export class Markup {
  readonly text: string;
  #words: Float64Array | undefined;
  #bytes = 0;
  #previous: Markup | undefined;
  #joined: Markup | undefined;
  /** A member behind one that is an int and a double by turns has two. */
  #otherPrevious: Markup | undefined;
  #otherJoined: Markup | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** Both as one; `undefined` where they were not together before. */
  behind(previous: Markup): Markup | undefined {
    if (previous === this.#previous) return (this.#joined ??= new Markup(previous.text + this.text));
    if (previous === this.#otherPrevious)
      return (this.#otherJoined ??= new Markup(previous.text + this.text));
    if (this.#previous === undefined) this.#previous = previous;
    else {
      this.#otherPrevious = previous;
      this.#otherJoined = undefined;
    }
    return undefined;
  }

  /**
   * Its bytes, eight to a number, NULs behind: so it is copied in a third of the time. No word is a NaN, which might not be copied bit by
   * bit: that takes a byte of 0x7F or 0xFF behind one above 0xEF, and UTF-8 has no such thing.
   */
  get words(): Float64Array {
    return (this.#words ??= this.#makeWords());
  }

  /** How many they are without the NULs. */
  get bytes(): number {
    return this.#bytes;
  }

  #makeWords(): Float64Array {
    const bytes = Buffer.from(this.text);
    this.#bytes = bytes.length;
    const words = new Float64Array(Math.ceil(bytes.length / 8));
    new Uint8Array(words.buffer).set(bytes);
    return words;
  }
}

/** The markup of a type of values. */
export interface WrittenType {
  readonly start: string;
  readonly end: string;
}

type TypeName =
  'string' | 'int' | 'double' | 'boolean' | 'i8' | 'dateTime' | 'base64' | 'nil' | 'array' | 'struct';

export const types: Readonly<Record<TypeName, WrittenType>> = {
  string: element('string'),
  int: element('int'),
  double: element('double'),
  boolean: element('boolean'),
  i8: element('i8'),
  dateTime: element('dateTime.iso8601'),
  base64: element('base64'),
  nil: { start: '<nil/>', end: '' },
  array: { start: '<array><data>', end: '</data></array>' },
  struct: element('struct'),
};

function element(name: string): WrittenType {
  return { start: `<${name}>`, end: `</${name}>` };
}

/** Where a value stands: as a parameter, in an array, or as a certain member of structs. It has the markup around values there. */
export class Slot {
  /** The member's; empty elsewhere. */
  readonly name: string;
  /** The member that came behind it, the last time. */
  next: Slot | undefined;
  readonly #before: string;
  readonly #ends: Ends;
  #type: WrittenType | undefined;
  #start: Markup | undefined;
  #end: Markup | undefined;
  /** By type, where values of several were met. */
  #starts: Map<WrittenType, Markup> | undefined;

  constructor(before: string, ends: Ends, name: string = '') {
    this.#before = before;
    this.#ends = ends;
    this.name = name;
  }

  /** What stands in front of the text of such a value. */
  start(type: WrittenType): Markup {
    if (type === this.#type) return this.#start as Markup;
    let start = this.#starts?.get(type);
    if (start === undefined) {
      start = new Markup(this.#before + type.start);
      if (this.#start !== undefined) {
        this.#starts ??= new Map([[this.#type as WrittenType, this.#start]]);
        this.#starts.set(type, start);
      }
    }
    this.#type = type;
    this.#start = start;
    this.#end = this.#ends.of(type);
    return start;
  }

  /** What stands behind it. */
  end(type: WrittenType): Markup {
    return type === this.#type ? (this.#end as Markup) : this.#ends.of(type);
  }
}

/** What stands behind values: all members share it. */
export class Ends {
  readonly #after: string;
  readonly #ends = new Map<WrittenType, Markup>();

  constructor(after: string) {
    this.#after = after;
  }

  of(type: WrittenType): Markup {
    let end = this.#ends.get(type);
    if (end === undefined) {
      end = new Markup(type.end + this.#after);
      this.#ends.set(type, end);
    }
    return end;
  }
}
