import { RpcUsageError } from '../../errors.ts';
import { DocumentBytes, escaped, tooLarge, type DocumentPosition } from './document-bytes.ts';
import type { SettledLimits } from './limits.ts';
import { Ends, Markup, Slot, types, type WrittenType } from './markup.ts';
import { XmlRpcDouble } from './values.ts';
import type { WriteSettings } from './writer.ts';

/** Values → a document, front to back. */
export class ValueWriter {
  readonly #allowNone: boolean;
  readonly #limits: SettledLimits;
  readonly #document: DocumentBytes;
  /** Not written yet, for what follows may be joined to it. */
  #due: Markup;
  readonly #ancestors: object[] = [];
  #count = 0;
  /** Of array elements, and of members by their names. */
  readonly #element = new Slot('<value>', new Ends('</value>'));
  readonly #members = new Map<string, Slot>();
  readonly #memberEnds = new Ends('</value></member>');
  #firstMember: Slot | undefined;

  /** @param start of the document, in front of its values */
  constructor(settings: WriteSettings, start: string) {
    this.#allowNone = settings.allowNone;
    this.#limits = settings.limits;
    this.#document = new DocumentBytes(settings.limits);
    this.#due = new Markup(start);
  }

  /** @throws RpcUsageError for what XML-RPC has no form for; RpcError `TOO_LARGE` */
  value(value: unknown, slot: Slot = this.#element): void {
    if (++this.#count > this.#limits.maxValues) throw tooLarge(this.#limits);
    const document = this.#document;
    switch (typeof value) {
      case 'string':
        this.#start(slot, types.string);
        document.text(value);
        break;
      case 'number':
        if ((value | 0) === value && !Object.is(value, -0)) {
          this.#start(slot, types.int);
          document.integer(value);
        } else this.#double(value, slot);
        break;
      case 'boolean':
        this.#start(slot, types.boolean);
        document.ascii(value ? '1' : '0');
        break;
      case 'bigint':
        if (BigInt.asIntN(64, value) !== value)
          throw new RpcUsageError('XML-RPC has integers of 64 bits at most');
        this.#start(slot, types.i8);
        document.ascii(String(value));
        break;
      case 'object':
        if (value === null) this.#nil(slot);
        else this.#object(value, slot);
        break;
      case 'undefined':
        this.#nil(slot);
        break;
      case 'function':
      case 'symbol':
        throw new RpcUsageError(`XML-RPC has no form for a ${typeof value}`);
    }
  }

  /** As it is. */
  markup(text: string): void {
    this.#join(new Markup(text));
  }

  /** The document, with its end. @throws RpcError `TOO_LARGE` */
  finish(end: string): Uint8Array<ArrayBuffer> {
    this.#document.raw(this.#due.text + end);
    return this.#document.take();
  }

  /** @throws RpcError `TOO_LARGE` where what was written is too large already */
  refuseBeyondLimit(): void {
    this.#document.refuseBeyondLimit(this.#due.text.length);
  }

  get position(): WriterPosition {
    return { document: this.#document.position, due: this.#due };
  }

  /** After an error: what was written since then is taken back. */
  rollBack(position: WriterPosition): void {
    this.#document.rollBack(position.document);
    this.#due = position.due;
    this.#ancestors.length = 0;
  }

  /** What is in front of a scalar's text; what is behind it is due then. */
  #start(slot: Slot, type: WrittenType): void {
    const start = slot.start(type);
    const joined = start.behind(this.#due);
    if (joined === undefined) this.#document.raw(this.#due.text + start.text);
    else this.#document.markup(joined);
    this.#due = slot.end(type);
  }

  #join(markup: Markup): void {
    const joined = markup.behind(this.#due);
    // A thousand empty arrays have no text between them.
    if (joined !== undefined && joined.text.length <= longestMarkup) this.#due = joined;
    else {
      this.#document.raw(this.#due.text);
      this.#due = markup;
    }
  }

  #nil(slot: Slot): void {
    if (!this.#allowNone) throw new RpcUsageError('null and undefined are written only with allowNone');
    this.#join(slot.start(types.nil));
    this.#join(slot.end(types.nil));
  }

  #double(value: number, slot: Slot): void {
    if (!Number.isFinite(value)) throw new RpcUsageError(`XML-RPC has no form for ${String(value)}`);
    this.#start(slot, types.double);
    this.#document.double(value);
  }

  #object(value: object, slot: Slot): void {
    if (Array.isArray(value)) this.#array(value, slot);
    else if (value instanceof Date) this.#date(value, slot);
    else if (value instanceof Uint8Array) this.#bytes(value, slot);
    else if (value instanceof XmlRpcDouble) this.#double(value.value, slot);
    else if (isPlain(value)) this.#struct(value, slot);
    else throw new RpcUsageError(`XML-RPC has no form for ${nameOf(value)}: make it a plain object`);
  }

  #date(value: Date, slot: Slot): void {
    const time = value.getTime();
    if (Number.isNaN(time)) throw new RpcUsageError('an invalid Date');
    if (time < firstTime || time > lastTime) throw new RpcUsageError('XML-RPC has years of four digits');
    this.#start(slot, types.dateTime);
    this.#document.dateTime(time);
  }

  #bytes(value: Uint8Array, slot: Slot): void {
    this.#start(slot, types.base64);
    this.#document.ascii(Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64'));
  }

  #array(value: readonly unknown[], slot: Slot): void {
    this.#enter(value);
    this.#join(slot.start(types.array));
    for (const item of value) this.value(item);
    this.#join(slot.end(types.array));
    this.#ancestors.pop();
  }

  #struct(value: Readonly<Record<string, unknown>>, slot: Slot): void {
    this.#enter(value);
    this.#join(slot.start(types.struct));
    let expected = this.#firstMember;
    let last: Slot | undefined;
    for (const name of Object.keys(value)) {
      const member = expected?.name === name ? expected : this.#member(name, last);
      this.value(value[name], member);
      last = member;
      expected = member.next;
    }
    this.#join(slot.end(types.struct));
    this.#ancestors.pop();
  }

  /** By its name, where it is not the one that was behind the last one before. */
  #member(name: string, last: Slot | undefined): Slot {
    let member = this.#members.get(name);
    if (member === undefined) {
      member = new Slot(`<member><name>${escaped(name)}</name><value>`, this.#memberEnds, name);
      // Names that are keys of a map must not gather here.
      if (this.#members.size >= mostMembers) return member;
      this.#members.set(name, member);
    }
    if (last === undefined) this.#firstMember = member;
    else last.next = member;
    return member;
  }

  #enter(value: object): void {
    if (this.#ancestors.includes(value)) throw new RpcUsageError('a value that contains itself');
    if (this.#ancestors.length >= this.#limits.maxDepth) {
      throw new RpcUsageError(
        `more than ${String(this.#limits.maxDepth)} arrays and objects inside each other`,
      );
    }
    this.#ancestors.push(value);
  }
}

export interface WriterPosition {
  readonly document: DocumentPosition;
  readonly due: Markup;
}

const firstTime = Date.UTC(-1, 12);
const lastTime = Date.UTC(9999, 12) - 1;

const mostMembers = 1000;

/** What is remembered for being joined: markup of some levels. */
const longestMarkup = 256;

function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function nameOf(value: object): string {
  const { constructor } = value;
  return typeof constructor === 'function' && constructor.name !== ''
    ? `a ${constructor.name}`
    : 'this object';
}
