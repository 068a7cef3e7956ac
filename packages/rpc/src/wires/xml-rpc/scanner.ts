import {
  doubleQuote,
  equals,
  forbidden,
  greaterThan,
  kinds,
  lessThan,
  nameBytes,
  singleQuote,
  slash,
} from './characters.ts';
import type { Mark, Tag } from './tags.ts';
import { ScalarScanner } from './scalar-scanner.ts';

/**
 * Reads the part of XML that XML-RPC needs, front to back: start and end tags, and the text between them. Attributes are passed over.
 * Each method reads what it is named for, or throws.
 */
export class Scanner extends ScalarScanner {
  /** Whether the start tag read last was `<name/>`: it has no content and no end tag. */
  isEmptyElement = false;
  readonly #view: DataView;

  /** As {@link ScalarScanner}. */
  constructor(document: Uint8Array, start: number) {
    super(document, start);
    this.#view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
  }

  /** The outermost `<tag>`. */
  root(tag: Tag): void {
    if (!this.tryStart(tag)) {
      const { position } = this;
      const found = this.#describe();
      const code = found.startsWith('<') && !found.startsWith('</') ? 'BAD_ROOT' : 'NOT_XML';
      this.fail(code, `expected <${tag.name}>, found ${found}`, position);
    }
    this.requireContent(tag);
  }

  /** `<tag>` or `<tag/>`, behind any blanks and comments. */
  start(tag: Tag): void {
    if (this.tryStart(tag)) return;
    const { position } = this;
    this.fail('BAD_STRUCTURE', `expected <${tag.name}>, found ${this.#describe()}`, position);
  }

  /** `<tag>`, and no `<tag/>`. */
  open(tag: Tag): void {
    this.start(tag);
    this.requireContent(tag);
  }

  /** @throws where the start tag read last was `<tag/>` */
  requireContent(tag: Tag): void {
    if (this.isEmptyElement) this.fail('BAD_STRUCTURE', `<${tag.name}/> is empty`, this.position - 1);
  }

  /** `<tag>` or `<tag/>`, if that is what comes. */
  tryStart(tag: Tag): boolean {
    this.skipBlank();
    if (this.take(tag)) return true;
    if (this.#take(tag.empty)) {
      this.isEmptyElement = true;
      return true;
    }
    const { position } = this;
    if (!this.isAtStart()) return false;
    if (this.startAny() === tag.name) return true;
    this.position = position;
    return false;
  }

  /** `<tag>` as it is nearly always written, if it stands right here. */
  take(tag: Tag): boolean {
    if (!this.#take(tag.start)) return false;
    this.isEmptyElement = false;
    return true;
  }

  /** So many bytes that were read before, if they stand right here once more. */
  takeRepeat({ at, length }: { readonly at: number; readonly length: number }): boolean {
    const view = this.#view;
    const from = this.position;
    const end = from + length;
    if (end > this.length) return false;
    // Eight at a time, as numbers: they are told apart by their bits, for no bytes here are those of a zero.
    if (view.getFloat64(end - 8) !== view.getFloat64(at + length - 8)) return false;
    for (let i = 0; i + 8 < length; i += 8) {
      if (view.getFloat64(from + i) !== view.getFloat64(at + i)) return false;
    }
    this.position = end;
    this.isEmptyElement = false;
    return true;
  }

  /** Whether a start tag is here. */
  isAtStart(): boolean {
    return this.bytes[this.position] === lessThan && nameBytes[this.letter] === 1;
  }

  /** The byte behind `<`. */
  get letter(): number {
    return this.bytes[this.position + 1] as number;
  }

  /** Any start tag: its name. */
  startAny(): string {
    const from = ++this.position;
    this.#skipName();
    const name = this.image.slice(from, this.position);
    this.isEmptyElement = this.#skipAttributes();
    return name;
  }

  /** `</tag>`, behind any blanks and comments. */
  end(tag: Tag): void {
    if (this.tryEnd(tag)) return;
    const { position } = this;
    this.fail('BAD_STRUCTURE', `expected </${tag.name}>, found ${this.#describe()}`, position);
  }

  /** `</tag>`, if an end tag comes: it must be this one. */
  tryEnd(tag: Tag): boolean {
    this.skipBlank();
    if (this.#take(tag.end)) return true;
    const { position } = this;
    if (this.bytes[position] !== lessThan || this.letter !== slash) return false;
    const name = this.#endAny();
    if (name !== tag.name)
      this.fail('NOT_XML', `<${tag.name}> is ended by </${name.slice(0, 40)}>`, position);
    return true;
  }

  /** The document is over: nothing but blanks and comments may follow. */
  finish(): void {
    this.skipBlank();
    if (this.position < this.length) this.fail('NOT_XML', 'something stands behind the outermost element');
  }

  #take(mark: Mark): boolean {
    const { position } = this;
    const view = this.#view;
    if (view.getInt32(position) !== mark.first) return false;
    if (view.getInt32(position + mark.middleAt) !== mark.middle) return false;
    if (view.getInt32(position + mark.lastAt) !== mark.last) return false;
    if (mark.rest !== '' && !this.image.startsWith(mark.rest, position + 8)) return false;
    this.position = position + mark.length;
    return true;
  }

  #endAny(): string {
    this.position += 2;
    const from = this.position;
    this.#skipName();
    const name = this.image.slice(from, this.position);
    this.skipSpaces();
    if (this.bytes[this.position] !== greaterThan) this.fail('NOT_XML', 'an end tag without >');
    this.position++;
    return name;
  }

  #skipName(): void {
    const from = this.position;
    while (nameBytes[this.bytes[this.position] as number] !== 0) this.position++;
    const isName = this.position > from && nameBytes[this.bytes[from] as number] === 1;
    if (!isName) this.fail('NOT_XML', 'markup without a name');
  }

  /** What follows the name in a start tag, up to its end. Answers whether that was `/>`. */
  #skipAttributes(): boolean {
    for (;;) {
      const from = this.position;
      this.skipSpaces();
      const byte = this.bytes[this.position];
      if (byte === greaterThan) {
        this.position++;
        return false;
      }
      if (byte === slash) {
        this.position++;
        if (this.bytes[this.position] !== greaterThan) this.fail('NOT_XML', '/ inside a tag');
        this.position++;
        return true;
      }
      if (this.position === from) this.fail('NOT_XML', 'a character that no name has');
      this.#skipAttribute();
    }
  }

  /** `name = "value"`. Namespaces, and all else that attributes say, mean nothing in XML-RPC. */
  #skipAttribute(): void {
    const { bytes } = this;
    this.#skipName();
    this.skipSpaces();
    if (bytes[this.position] !== equals) this.fail('NOT_XML', 'an attribute without =');
    this.position++;
    this.skipSpaces();
    const quote = bytes[this.position];
    if (quote !== doubleQuote && quote !== singleQuote) this.fail('NOT_XML', 'an attribute without quotes');
    this.position++;
    while (bytes[this.position] !== quote) {
      const byte = bytes[this.position] as number;
      if (byte === lessThan || kinds[byte] === forbidden)
        this.fail('NOT_XML', 'a character no attribute has');
      this.position++;
    }
    this.position++;
  }

  /** What stands here, for a message. A tag that is cut short is found out on the way. */
  #describe(): string {
    if (this.bytes[this.position] !== lessThan) return 'text';
    if (this.letter === slash) return `</${this.#endAny().slice(0, 40)}>`;
    if (this.isAtDeclaration()) return 'a CDATA section';
    return `<${this.startAny().slice(0, 40)}>`;
  }
}
