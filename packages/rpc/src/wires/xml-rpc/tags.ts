/**
 * A fixed piece of markup, and the 32-bit words it is recognised by. Tags are most of a document: told apart by comparing strings,
 * decoding one takes a third longer.
 *
 * ```
 * <member>   first `<mem`, middle and last `ber>`
 * </member>  first `</me`, middle `mber`, last `ber>`
 * ```
 */
export interface Mark {
  readonly first: number;
  readonly middle: number;
  readonly last: number;
  readonly length: number;
  readonly middleAt: number;
  readonly lastAt: number;
  /** What the words leave out: the ninth and all further characters of markup longer than 12 bytes. */
  readonly rest: string;
}

/** An element's name, and its tags as they are nearly always written. */
export interface Tag {
  readonly name: string;
  /** `<name>` */
  readonly start: Mark;
  /** `<name/>` */
  readonly empty: Mark;
  /** `</name>` */
  readonly end: Mark;
}

/** @param name ASCII */
export function tag(name: string): Tag {
  return { name, start: mark(`<${name}>`), empty: mark(`<${name}/>`), end: mark(`</${name}>`) };
}

/** Markup of 4 bytes or more. */
function mark(markup: string): Mark {
  const bytes = Buffer.from(markup, 'latin1');
  const lastAt = bytes.length - 4;
  const middleAt = Math.min(4, lastAt);
  return {
    first: bytes.readInt32BE(0),
    middle: bytes.readInt32BE(middleAt),
    last: bytes.readInt32BE(lastAt),
    length: bytes.length,
    middleAt,
    lastAt,
    rest: markup.length > 12 ? markup.slice(8) : '',
  };
}
