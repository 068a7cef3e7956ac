/**
 * Whether a name is one that Unix hides: `.git`, `.env`, `.htpasswd`. Not `.well-known` at the top: its purpose is to be seen (RFC 8615), and
 * certificates are renewed there.
 *
 * @param depth 0 for a name directly under the root
 */
export function isHiddenName(name: string, depth: number): boolean {
  return name.startsWith('.') && !(depth === 0 && name === '.well-known');
}
