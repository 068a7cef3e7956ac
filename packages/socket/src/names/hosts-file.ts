import { readFile } from 'node:fs/promises';

/** A line of a hosts file (hosts(5)): an address, the official name, its aliases. */
export interface HostsLine {
  readonly address: string;
  readonly name: string;
  readonly aliases: readonly string[];
}

/** The lines of a hosts file, read anew each time, as the system does; none where it cannot be read. */
export async function readHostsFile(path: string): Promise<HostsLine[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const lines: HostsLine[] = [];
  for (const line of text.split('\n')) {
    const [address, name, ...aliases] = line.replace(/#.*/, '').split(/\s+/).filter(Boolean);
    if (address !== undefined && name !== undefined) lines.push({ address, name, aliases });
  }
  return lines;
}

/** Whether a line is about `name`; names of hosts do not tell cases apart (RFC 4343). */
export function isNamed(line: HostsLine, name: string): boolean {
  const wanted = name.toLowerCase();
  return [line.name, ...line.aliases].some((known) => known.toLowerCase() === wanted);
}
