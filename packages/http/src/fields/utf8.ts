const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of UTF-8, a byte order mark kept as the character it is; `undefined` where the bytes are none. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Half of a surrogate pair without the other: no Unicode text, and nothing that UTF-8 can say. */
export function hasLoneSurrogate(text: string): boolean {
  // With the u flag a pair is one character, and not of this class.
  return /[\ud800-\udfff]/u.test(text);
}
