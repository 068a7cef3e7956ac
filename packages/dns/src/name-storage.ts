/**
 * Where the bytes of names live: in blocks of 4 KB, one behind the other, never written again. A name is a place in a block, so that a
 * decoder makes no typed array per name (a third of its time), and a name neither pins the message that it came in nor changes with it.
 * A name that is kept keeps its block: 4 KB at worst, about 20 bytes where many are kept.
 */
export const nameStorage: { block: Uint8Array; used: number } = { block: new Uint8Array(0), used: 0 };

const blockBytes = 4096;
const maxNameBytes = 255;

/** Makes sure that the block has room for any name at `used`. Who writes one there moves `used` past it. */
export function reserveName(): void {
  if (nameStorage.used + maxNameBytes <= nameStorage.block.length) return;
  nameStorage.block = new Uint8Array(blockBytes);
  nameStorage.used = 0;
}

/** Each byte in lower case: ASCII only (RFC 4343). Lengths of labels, 0 to 63, are no letters: a whole name maps through it. */
export const lowerCase: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte,
);

/**
 * An array of `length` character codes, to be filled and made a string by `String.fromCharCode.apply(null, codes)`, at once: the next
 * caller gets the same. Such a string is flat: to make one of 17 characters and look it up in a Map takes 0.25 µs; of parts, 0.6.
 */
export function characterCodes(length: number): number[] {
  const known = codesOfLength[length];
  if (known !== undefined) return known;
  const codes: number[] = [];
  for (let index = 0; index < length; index++) codes.push(0);
  codesOfLength[length] = codes;
  return codes;
}

const codesOfLength: (number[] | undefined)[] = new Array<undefined>(maxNameBytes + 1).fill(undefined);
