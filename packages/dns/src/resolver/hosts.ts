import { isAddress } from './config.ts';

/** Addresses by name: lower case, without the final dot. In the order of the file. */
export type Hosts = ReadonlyMap<string, readonly string[]>;

/** Reads the text of hosts(5): an address, then names; `#` begins a comment. Lines without an address are passed over. */
export function parseHosts(text: string): Hosts {
  const hosts = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    const [address, ...names] = line
      .replace(/#.*/, '')
      .split(/[ \t]+/)
      .filter((word) => word !== '');
    if (address === undefined || !isAddress(address)) continue;
    for (const name of names) {
      const key = hostKey(name);
      const known = hosts.get(key);
      if (known === undefined) hosts.set(key, [address]);
      else if (!known.includes(address)) known.push(address);
    }
  }
  return hosts;
}

/** A name as {@link Hosts} has it. */
export function hostKey(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
