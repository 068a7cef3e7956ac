import { Name } from '../name.ts';

/** The name with each letter's case chosen by chance (draft-vixie-dnsext-dns0x20): a server repeats it, a forger must guess it. */
export function mixCase(name: Name, random: (below: number) => number): Name {
  return Name.fromLabels(
    [...name].map((label) => label.map((byte) => (isLetter(byte) && random(2) === 1 ? byte ^ 0x20 : byte))),
  );
}

function isLetter(byte: number): boolean {
  return (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
}
