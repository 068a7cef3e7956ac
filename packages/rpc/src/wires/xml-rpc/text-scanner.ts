import {
  ampersand,
  carriageReturn,
  entities,
  exclamation,
  forbidden,
  greaterThan,
  isXmlCharacter,
  kinds,
  lessThan,
  lineFeed,
  plain,
  question,
  semicolon,
  slash,
  space,
  tab,
  wide,
  writeUtf8,
} from './characters.ts';
import type { Place } from './repeats.ts';
import { XmlRpcFormatError, type XmlRpcFormatErrorCode } from './errors.ts';

/** A struct's member name. */
export interface MemberName extends Place {
  readonly text: string;
  /** Whether an assignment makes it an own property: not so for `__proto__`, nor for `toString` where Object.prototype is frozen. */
  readonly isOrdinary: boolean;
}

/**
 * Reads what stands between tags: text with its references and CDATA sections; blanks and comments, which are passed over.
 *
 * The document is held twice, at the same positions: as bytes to look at, with NULs behind them so that every loop stops without
 * counting, and as a Latin-1 string to cut from.
 */
export abstract class TextScanner {
  position: number;
  /** So often something else was written over bytes that were read. */
  overwritten: number = 0;
  protected readonly bytes: Buffer;
  protected readonly image: string;
  protected readonly length: number;
  #names: Map<string, KnownName> | undefined;
  #lastName: KnownName | undefined;

  /** @param document UTF-8 that was checked to be it; `start` is behind its XML declaration. */
  constructor(document: Uint8Array, start: number) {
    const bytes = Buffer.allocUnsafe(document.length + padding);
    bytes.set(document);
    bytes.fill(0, document.length);
    this.bytes = bytes;
    this.image = bytes.toString('latin1', 0, document.length);
    this.length = document.length;
    this.position = start;
  }

  /** Text up to the next tag. */
  text(): string {
    const { bytes } = this;
    const start = this.position;
    let at = start;
    let seen = 0;
    let kind = kinds[bytes[at] as number] as number;
    while (kind <= wide) {
      seen |= kind;
      kind = kinds[bytes[++at] as number] as number;
    }
    if (bytes[at] !== lessThan || bytes[at + 1] !== slash) return this.#longText(start, at);
    this.position = at;
    return seen === plain ? this.#cut(start, at) : this.#wellFormed(bytes.toString('utf8', start, at), start);
  }

  /** Text that names a struct's member. What followed the last name before is tried first: structs of one kind name their members alike. */
  memberName(): MemberName {
    const { bytes } = this;
    const start = this.position;
    const expected = this.#lastName?.next;
    if (expected !== undefined && this.image.startsWith(expected.text, start)) {
      const end = start + expected.text.length;
      if (bytes[end] === lessThan && bytes[end + 1] === slash) {
        this.position = end;
        this.#lastName = expected;
        return expected;
      }
    }
    const name = this.#know(this.text());
    // Its bytes are its characters: only then is it known by them again.
    if (this.position - start !== name.text.length) return name;
    if (this.#lastName !== undefined) this.#lastName.next = name;
    this.#lastName = name;
    return name;
  }

  /** Blanks and comments. */
  skipBlank(): void {
    do {
      this.skipSpaces();
    } while (this.isAtDeclaration() && this.#skipComment());
  }

  /** @throws XmlRpcFormatError `TRUNCATED` where the document has no such position, else `code` */
  fail(code: XmlRpcFormatErrorCode, message: string, at: number = this.position): never {
    if (at < this.length) throw new XmlRpcFormatError(code, message, at);
    throw new XmlRpcFormatError('TRUNCATED', 'the document ends too early', this.length);
  }

  protected skipSpaces(): void {
    const { bytes } = this;
    let at = this.position;
    let byte = bytes[at];
    while (byte === lineFeed || byte === space || byte === tab || byte === carriageReturn) byte = bytes[++at];
    this.position = at;
  }

  /** At `<!` or `<?`. */
  protected isAtDeclaration(): boolean {
    if (this.bytes[this.position] !== lessThan) return false;
    const next = this.bytes[this.position + 1];
    return next === exclamation || next === question;
  }

  #know(text: string): KnownName {
    this.#names ??= new Map();
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const name = { text, isOrdinary: !(text in Object.prototype), next: undefined, repeats: undefined };
    this.#names.set(text, name);
    return name;
  }

  /** Text with something in it that is not copied: what it stands for is written over it, for it never takes more bytes. */
  #longText(start: number, from: number): string {
    const { bytes, image } = this;
    let to = from;
    this.overwritten++;
    this.position = from;
    for (;;) {
      const at = this.position;
      const byte = bytes[at] as number;
      if ((kinds[byte] as number) <= wide) {
        bytes[to++] = byte;
        this.position++;
      } else if (byte === ampersand) {
        to += writeUtf8(bytes, to, this.#reference());
      } else if (byte === carriageReturn) {
        // XML 1.0 section 2.11: CR LF and CR alone are LF.
        bytes[to++] = lineFeed;
        this.position += bytes[at + 1] === lineFeed ? 2 : 1;
      } else if (byte === greaterThan) {
        if (image.startsWith(']]', at - 2)) this.fail('NOT_XML', ']]> in text');
        bytes[to++] = byte;
        this.position++;
      } else if (byte !== lessThan) {
        this.#failForbidden(byte);
      } else if (image.startsWith(cdataStart, at)) {
        to = this.#cdata(to);
      } else if (!this.isAtDeclaration() || !this.#skipComment()) {
        return this.#wellFormed(bytes.toString('utf8', start, to), start);
      }
    }
  }

  /** `<![CDATA[ … ]]>`: its text is moved to `to`; answers where that ends. */
  #cdata(to: number): number {
    const { bytes } = this;
    const start = this.position + cdataStart.length;
    const end = this.image.indexOf(']]>', start);
    if (end < 0) this.fail('TRUNCATED', '', this.length);
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      if (kinds[byte] === forbidden) this.#failForbidden(byte, at);
      if (byte !== carriageReturn) bytes[to++] = byte;
      else if (bytes[at + 1] !== lineFeed) bytes[to++] = lineFeed;
    }
    this.position = end + 3;
    return to;
  }

  /** `&amp;` `&#38;` `&#x26;`: the code point. */
  #reference(): number {
    const { image } = this;
    const at = this.position;
    const short = this.#shortReference(at + 1);
    if (short !== 0) return short;
    const end = image.indexOf(';', at);
    if (end < 0) this.fail('NOT_XML', 'a reference without end', image.includes('<', at) ? at : this.length);
    // The longest that means anything is `&#x10FFFF;`: room for some leading zeros, no more.
    const body = end - at > 32 ? '' : image.slice(at + 1, end);
    const named = entities.get(body);
    const code = named ?? (/^#(?:x[0-9A-Fa-f]+|[0-9]+)$/.test(body) ? Number(`0${body.slice(1)}`) : -1);
    if (!isXmlCharacter(code)) this.fail('NOT_XML', 'a reference to nothing that XML-RPC knows', at);
    this.position = end + 1;
    return code;
  }

  /** The three that all writers need; 0 for any other. */
  #shortReference(at: number): number {
    const { bytes } = this;
    const first = bytes[at];
    const isLong = first === 0x61 && bytes[at + 1] === 0x6d && bytes[at + 2] === 0x70;
    if (!isLong && bytes[at + 1] !== 0x74) return 0;
    const end = isLong ? at + 3 : at + 2;
    const code = isLong ? ampersand : first === 0x6c ? lessThan : first === 0x67 ? greaterThan : 0;
    if (code === 0 || bytes[end] !== semicolon) return 0;
    this.position = end + 1;
    return code;
  }

  /** Up to 12 characters V8 copies; a longer slice would keep the whole document in memory as long as the string lives. */
  #cut(start: number, end: number): string {
    return end - start <= 12 ? this.image.slice(start, end) : this.bytes.toString('latin1', start, end);
  }

  #wellFormed(text: string, at: number): string {
    if (/[\uFFFE\uFFFF]/.test(text)) this.fail('NOT_XML', 'a character that XML forbids', at);
    return text;
  }

  /** True for a comment, which is passed over, false for a CDATA section. No other declaration is let in. */
  #skipComment(): boolean {
    const { image } = this;
    const at = this.position;
    if (!image.startsWith('<!--', at)) {
      if (image.startsWith(cdataStart, at)) return false;
      this.#refuseDeclaration();
    }
    const end = image.indexOf('--', at + 4);
    if (end < 0) this.fail('TRUNCATED', '', this.length);
    for (let inside = at + 4; inside < end; inside++) {
      const byte = this.bytes[inside] as number;
      if (kinds[byte] === forbidden) this.#failForbidden(byte, inside);
    }
    if (image[end + 2] !== '>') this.fail('NOT_XML', '-- in a comment', end + 2);
    this.position = end + 3;
    return true;
  }

  #refuseDeclaration(): never {
    const rest = this.image.slice(this.position, this.position + 9);
    if (rest === '<!DOCTYPE') this.fail('DOCTYPE', 'document types are refused');
    if (rest.startsWith('<?')) this.fail('UNSUPPORTED', 'processing instructions are refused');
    const isCutShort = ['<!--', '<!DOCTYPE', cdataStart].some((whole) => whole.startsWith(rest));
    this.fail('NOT_XML', 'markup that is no tag', isCutShort ? this.length : this.position);
  }

  #failForbidden(byte: number, at: number = this.position): never {
    this.fail('NOT_XML', `a character that XML forbids: 0x${byte.toString(16).padStart(2, '0')}`, at);
  }
}

interface KnownName extends MemberName {
  /** What came behind it, the last time. */
  next: KnownName | undefined;
}

/** More than a tag has behind its first word. */
const padding = 32;
const cdataStart = '<![CDATA[';
