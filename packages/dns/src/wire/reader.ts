import { DnsFormatError, type DnsFormatErrorCode } from '../errors.ts';
import { nameStorage, reserveName } from '../name-storage.ts';
import { createName, Name } from '../name.ts';

const maxNameBytes = 255;
/**
 * A name has 127 labels at most, and an honest pointer follows one at least: 127 jumps. miekg/dns allows 126, unbound 256; BIND does not
 * count, as jumps only go back.
 */
const maxJumps = 127;
const headerBytes = 12;
/** How many names of a message a pointer is looked up in: the question, and the targets whose addresses follow. */
const maxKnown = 16;

/** Reads a message from front to back, never past {@link limit}; every error says at which byte. */
export class WireReader {
  readonly bytes: Uint8Array;
  offset = 0;
  /** Where reading ends: that of the message, or of the RDATA inside. */
  limit: number;
  readonly #pointers: boolean;
  #inData = false;
  /** Names by where they begin: a name that is nothing but a pointer to one of them is the same object. */
  #first: Name | undefined;
  #firstAt = -1;
  #knownAt: number[] | undefined;
  #known: Name[] | undefined;

  /** @param pointers whether names may be compressed: in bytes that are no message they may not. */
  constructor(bytes: Uint8Array, pointers: boolean = true) {
    this.bytes = bytes;
    this.limit = bytes.length;
    this.#pointers = pointers;
  }

  u8(): number {
    this.need(1);
    return this.bytes[this.offset++] as number;
  }

  u16(): number {
    this.need(2);
    const at = this.offset;
    this.offset = at + 2;
    return ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number);
  }

  u32(): number {
    this.need(4);
    const { bytes, offset } = this;
    this.offset = offset + 4;
    return (
      (((bytes[offset] as number) << 24) |
        ((bytes[offset + 1] as number) << 16) |
        ((bytes[offset + 2] as number) << 8) |
        (bytes[offset + 3] as number)) >>>
      0
    );
  }

  /** The next `length` bytes: a view of the message. */
  take(length: number): Uint8Array {
    this.need(length);
    const view = new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + this.offset, length);
    this.offset += length;
    return view;
  }

  /** What is left of the RDATA. */
  rest(): Uint8Array {
    return this.take(this.limit - this.offset);
  }

  /** @throws DnsFormatError where fewer than `length` bytes are left. */
  need(length: number): void {
    if (this.offset + length > this.limit) this.#end();
  }

  /** From here on, {@link limit} is `length` bytes away: until {@link leaveData}. */
  enterData(length: number): void {
    const end = this.offset + length;
    if (end > this.limit) {
      this.fail(
        'TRUNCATED',
        `RDLENGTH ${String(length)} where ${String(this.limit - this.offset)} bytes are left`,
        this.offset - 2,
      );
    }
    this.limit = end;
    this.#inData = true;
  }

  /** @throws DnsFormatError `BAD_RDATA` where some of the RDATA was not read. */
  leaveData(): void {
    if (this.offset !== this.limit) this.fail('BAD_RDATA', 'RDLENGTH is more than the data takes');
    this.limit = this.bytes.length;
    this.#inData = false;
  }

  /** A domain name, compressed or not (RFC 1035 4.1.4). */
  name(): Name {
    const start = this.offset;
    const { bytes } = this;
    const first = bytes[start] as number;
    if (first === 0 && start < this.limit) {
      this.offset = start + 1;
      return Name.root;
    }
    if (first >= 0xc0 && start + 2 <= this.limit) {
      const target = ((first & 0x3f) << 8) | (bytes[start + 1] as number);
      const known = target === this.#firstAt ? this.#first : this.#knownName(target);
      if (known !== undefined && this.#pointers) {
        this.offset = start + 2;
        return known;
      }
    }
    return this.#readName(start, this.#pointers);
  }

  /** A name where pointers are not allowed (RFC 3597 4, RFC 9460 2.2). */
  plainName(): Name {
    return this.#readName(this.offset, false);
  }

  fail(code: DnsFormatErrorCode, message: string, offset: number = this.offset): never {
    throw new DnsFormatError(code, message, offset);
  }

  #readName(start: number, compressed: boolean): Name {
    reserveName();
    const { block, used } = nameStorage;
    const { bytes } = this;
    let { limit } = this;
    let at = start;
    let segment = start;
    let jumps = 0;
    let out = used;
    const maxOut = used + maxNameBytes - 1;
    for (;;) {
      if (at >= limit) this.#end(at);
      const length = bytes[at] as number;
      if (length === 0) break;
      if (length < 0x40) {
        const next = at + 1 + length;
        if (next > limit) this.#end(at);
        if (out + 1 + length > maxOut) this.fail('NAME_TOO_LONG', 'a name of more than 255 bytes', at);
        while (at < next) block[out++] = bytes[at++] as number;
      } else if (length >= 0xc0) {
        if (at + 2 > limit) this.#end(at);
        const target = ((length & 0x3f) << 8) | (bytes[at + 1] as number);
        if (!compressed) this.fail('BAD_RDATA', 'a compressed name where none may be', at);
        // Each jump goes to before the one before it: no loop can be built.
        if (target >= segment || target < headerBytes) {
          this.fail('BAD_POINTER', `a pointer to byte ${String(target)}`, at);
        }
        if (jumps === 0) this.offset = at + 2;
        if (++jumps > maxJumps)
          this.fail('POINTER_LIMIT', `more than ${String(maxJumps)} pointers in a name`, at);
        at = segment = target;
        limit = bytes.length;
      } else {
        this.fail('LABEL_TYPE', `a label of type ${(length >> 6).toString(2).padStart(2, '0')}`, at);
      }
    }
    if (jumps === 0) this.offset = at + 1;
    block[out++] = 0;
    nameStorage.used = out;
    const name = createName(block, used, out - used);
    // One that jumps as often as is allowed cannot be pointed to.
    if (jumps < maxJumps && (bytes[start] as number) < 0xc0) this.#remember(name, start);
    return name;
  }

  #remember(name: Name, at: number): void {
    if (this.#first === undefined) {
      this.#first = name;
      this.#firstAt = at;
    } else if (this.#known === undefined || this.#knownAt === undefined) {
      this.#known = [name];
      this.#knownAt = [at];
    } else if (this.#known.length < maxKnown) {
      this.#known.push(name);
      this.#knownAt.push(at);
    }
  }

  #knownName(at: number): Name | undefined {
    const index = this.#knownAt?.indexOf(at) ?? -1;
    return index < 0 ? undefined : this.#known?.[index];
  }

  #end(offset: number = this.offset): never {
    if (this.#inData) return this.fail('BAD_RDATA', 'the data ends early', offset);
    return this.fail('TRUNCATED', 'the message ends early', offset);
  }
}
