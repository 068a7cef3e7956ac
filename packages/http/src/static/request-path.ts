/** A path of a request, as names under the root. */
export interface RequestPath {
  /** Decoded. Where `bytes` is there they are for people only. */
  readonly names: readonly string[];
  /** It ends with a slash: a directory is meant. */
  readonly isDirectory: boolean;
  /** The names joined by slashes, where they are no UTF-8: file systems of Unix take any bytes. */
  readonly bytes?: Uint8Array;
}

/** What a path names, whether it ends with a slash or not. */
export type Place = Pick<RequestPath, 'names' | 'bytes'>;

/**
 * Reads a percent-encoded path, decoding it once. `bad` is 400: an escape that is none. `hidden` is 404: names that must not reach the file
 * system, whether something of that name is there or not:
 *
 * - `.`, `..` and empty ones: servers and caches before this one have resolved what they take for a path; what is left means to climb
 * - those with `/` (`%2f`), `\` or NUL in them: another part of the world takes them for separators, or for the end
 * - on Windows streams (`a.txt::$DATA`), devices (`con`, `nul.txt`), short names (`GIT~1`), and what it drops (`a.`, `a `)
 */
export function readPath(path: string, platform: string = process.platform): RequestPath | 'bad' | 'hidden' {
  if (path.charCodeAt(0) !== SLASH) return path === '' ? { names: [], isDirectory: false } : 'hidden';
  // Nothing but visible ASCII stands in a request target.
  if (!/^[!-~]*$/.test(path)) return 'bad';
  const isDirectory = path.charCodeAt(path.length - 1) === SLASH;
  const parts = path.slice(1, isDirectory ? -1 : undefined).split('/');
  if (path === '/') return { names: [], isDirectory: true };
  if (!path.includes('%')) {
    return parts.every((name) => isServable(name, platform)) ? { names: parts, isDirectory } : 'hidden';
  }
  if (/%(?![0-9a-f]{2})/i.test(path)) return 'bad';
  const names = [];
  let isText = true;
  for (const part of parts) {
    let name;
    try {
      name = decodeURIComponent(part);
    } catch {
      isText = false;
      name = percentDecoded(part).toString('latin1');
    }
    if (!isServable(name, platform)) return 'hidden';
    names.push(name);
  }
  if (isText) return { names, isDirectory };
  // Elsewhere names are UTF-16 or normalised text: other bytes name nothing.
  if (platform === 'win32' || platform === 'darwin') return 'hidden';
  return { names, isDirectory, bytes: Buffer.concat(withSlashes(parts.map(percentDecoded))) };
}

/** The path of a place for a URL: a slash before each name. */
export function encodePath({ names, bytes }: Place): string {
  const parts = bytes === undefined ? names : Buffer.from(bytes).toString('latin1').split('/');
  const encoded = parts.map((part) => encodeName(bytes === undefined ? part : Buffer.from(part, 'latin1')));
  return encoded.map((part) => `/${part}`).join('');
}

/** The place of a name in a directory. */
export function placeIn({ names, bytes }: Place, name: string | Uint8Array): Place {
  const text = typeof name === 'string' ? name : (utf8Of(name) ?? Buffer.from(name).toString('latin1'));
  const isText = bytes === undefined && (typeof name === 'string' || utf8Of(name) !== undefined);
  if (isText) return { names: [...names, text] };
  const before = bytes ?? Buffer.from(names.join('/'));
  const parts = before.length === 0 ? [] : [before];
  return { names: [...names, text], bytes: Buffer.concat(withSlashes([...parts, Buffer.from(name)])) };
}

/** The place whose last name has something behind it. */
export function placeWith({ names, bytes }: Place, suffix: string): Place {
  return {
    names: [...names.slice(0, -1), `${names.at(-1) ?? ''}${suffix}`],
    ...(bytes !== undefined && { bytes: Buffer.concat([bytes, Buffer.from(suffix)]) }),
  };
}

/** One name for a URL: also of bytes that are no UTF-8. */
export function encodeName(name: string | Uint8Array): string {
  const text = typeof name === 'string' ? name : utf8Of(name);
  if (text !== undefined) return encodeURIComponent(text);
  return Array.from(name as Uint8Array, (byte) => {
    const character = String.fromCharCode(byte);
    if (/[A-Za-z0-9\-._~]/.test(character)) return character;
    return `%${byte.toString(16).padStart(2, '0').toUpperCase()}`;
  }).join('');
}

/** The text of bytes that are UTF-8. */
export function utf8Of(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whether a name may reach the file system. */
export function isServable(name: string, platform: string = process.platform): boolean {
  if (name === '' || name === '.' || name === '..' || /[/\\\0]/.test(name)) return false;
  return platform !== 'win32' || !windowsSpecial.test(name);
}

const SLASH = 0x2f;

/** Streams; short names; an end that is dropped; devices, with any extension (also COM¹ and the like). */
const windowsSpecial =
  /[:*?"<>|]|~\d|[. ]$|^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d\u00b9\u00b2\u00b3])(?:\s*\.|$)/i;

function percentDecoded(part: string): Buffer {
  return Buffer.from(
    part.replace(/%([0-9a-f]{2})/gi, (_escape, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    ),
    'latin1',
  );
}

function withSlashes(names: readonly Uint8Array[]): Uint8Array[] {
  return names.flatMap((name, i) => (i === 0 ? [name] : [Uint8Array.of(SLASH), name]));
}
