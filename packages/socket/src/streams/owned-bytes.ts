/**
 * Bytes in a buffer of their own, none of the pool's: they may go to another thread with it, and nobody else sees it change.
 */
export function copied(data: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(data);
}

const encoder = new TextEncoder();

export function encoded(text: string, encoding: 'utf8' | 'latin1' = 'utf8'): Uint8Array {
  if (encoding === 'utf8') return encoder.encode(text);
  const bytes = new Uint8Array(text.length);
  Buffer.from(bytes.buffer).write(text, 'latin1');
  return bytes;
}

export function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
