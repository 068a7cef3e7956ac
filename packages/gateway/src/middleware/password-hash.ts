// crypto.subtle has no password hash but PBKDF2, which graphics cards try a thousand times as fast.
import { scrypt, timingSafeEqual } from 'node:crypto';

/** scrypt (RFC 7914) as the PHC string format writes it: `$scrypt$ln=15,r=8,p=3$<salt>$<hash>`. */
export interface PasswordHash {
  /** log2 of the cost N. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

/**
 * What to keep of a password: scrypt with 32 MiB, 3 times, one of the settings that OWASP names, and a salt of its own. Some 200 ms on one of Node's threads.
 *
 * ```sh
 * node -e "import('@wirestack/gateway/basic-auth').then((m) => m.hashPassword('correct horse')).then(console.log)"
 * ```
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const hash = await derive(password, { ln: 15, r: 8, p: 3, salt, hash: new Uint8Array(32) });
  return `$scrypt$ln=15,r=8,p=3$${unpadded(salt)}$${unpadded(hash)}`;
}

export function isPasswordHash(text: string): boolean {
  return text.startsWith('$scrypt$');
}

/** @throws TypeError for what `hashPassword` could not have made */
export function parsePasswordHash(text: string): PasswordHash {
  const match = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(
    text,
  );
  const [ln, r, p] = [match?.[1], match?.[2], match?.[3]].map(Number) as [number, number, number];
  const salt = Buffer.from(match?.[4] ?? '', 'base64');
  const hash = Buffer.from(match?.[5] ?? '', 'base64');
  // A gigabyte at most: 128 bytes, N r times.
  const isSane = ln >= 1 && r >= 1 && p >= 1 && 2 ** ln * r <= 2 ** 23;
  if (match === null || !isSane || salt.length < 8 || hash.length < 16)
    throw new TypeError('users: a password hash is malformed');
  return { ln, r, p, salt, hash };
}

export async function verifyPassword(password: string, wanted: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await derive(password, wanted), wanted.hash);
}

function derive(password: string, { ln, r, p, salt, hash }: PasswordHash): Promise<Uint8Array> {
  const N = 2 ** ln;
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, hash.length, { N, r, p, maxmem: 256 * N * r }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}
