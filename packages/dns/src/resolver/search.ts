import { DnsUsageError } from '../errors.ts';
import { Name } from '../name.ts';

/**
 * The names to ask for, in order, where `name` is what a user wrote (resolv.conf(5)). Text with a final dot, and a `Name`, is absolute.
 * One with `ndots` dots or more is tried as it is before the suffixes, others after them.
 */
export function candidates(name: string | Name, search: readonly Name[], ndots: number): readonly Name[] {
  const asIs = Name.from(name);
  if (typeof name !== 'string' || isAbsolute(name) || search.length === 0) return [asIs];
  const suffixed: Name[] = [];
  for (const suffix of search) {
    const candidate = join(asIs, suffix);
    if (candidate !== undefined && !candidate.equals(asIs)) suffixed.push(candidate);
  }
  return asIs.labelCount - 1 >= ndots ? [asIs, ...suffixed] : [...suffixed, asIs];
}

/** A dot at the end that no backslash makes a character. */
function isAbsolute(text: string): boolean {
  const backslashes = /(\\*)\.$/.exec(text)?.[1];
  return backslashes !== undefined && backslashes.length % 2 === 0;
}

/** `undefined` where the name would be too long: no such name exists. */
function join(name: Name, suffix: Name): Name | undefined {
  try {
    return Name.fromLabels([...name, ...suffix]);
  } catch (error) {
    if (error instanceof DnsUsageError) return undefined;
    throw error;
  }
}
