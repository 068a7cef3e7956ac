// Synchronous, for startResponse is: crypto.subtle answers with a promise.
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Something a client keeps for us, and when it was to end. */
export interface Opened {
  readonly payload: string;
  /** Unix time. */
  readonly expiresSeconds: number;
}

/**
 * Values that clients keep, and cannot change: HMAC-SHA-256 over name, payload and end.
 *
 * ```
 * eyJ1IjoxfQ.1p2q3r.mPk0…        payload (base64url) . end (Unix time, base 36) . MAC (base64url, 43 characters)
 *                                MAC of  session=eyJ1IjoxfQ.1p2q3r
 * ```
 *
 * The name is part of it: the value of one cookie is none for another. It is signed, not encrypted.
 */
export class Seal {
  readonly #secrets: readonly string[];

  /** @throws TypeError for a secret below 32 bytes, which is what HMAC-SHA-256 is worth (RFC 2104 3) */
  constructor(secret: string | readonly string[]) {
    this.#secrets = typeof secret === 'string' ? [secret] : [...secret];
    if (this.#secrets.length === 0) throw new TypeError('secret: there is none');
    for (const one of this.#secrets) {
      if (typeof one !== 'string' || Buffer.byteLength(one) < 32)
        throw new TypeError('secret: shorter than 32 bytes; `openssl rand -base64 33` makes one');
    }
  }

  /** By the first secret. */
  close(name: string, { payload, expiresSeconds }: Opened): string {
    const text = `${payload}.${expiresSeconds.toString(36)}`;
    return `${text}.${macOf(this.#secrets[0] as string, name, text).toString('base64url')}`;
  }

  /** By any of the secrets. `undefined` for all that is not ours, or over. */
  open(name: string, value: string, nowSeconds: number): Opened | undefined {
    const match = value.length > maxValue ? null : /^([\w-]+)\.([\da-z]{1,9})\.([\w-]{43})$/.exec(value);
    if (match === null) return undefined;
    const [, payload = '', end = '', mac = ''] = match;
    const given = Buffer.from(mac, 'base64url');
    const isOurs = this.#secrets.some((secret) =>
      timingSafeEqual(macOf(secret, name, `${payload}.${end}`), given),
    );
    const expiresSeconds = Number.parseInt(end, 36);
    return isOurs && expiresSeconds > nowSeconds ? { payload, expiresSeconds } : undefined;
  }
}

/** Longer than a cookie may be (RFC 6265 6.1). */
const maxValue = 4096;

function macOf(secret: string, name: string, text: string): Buffer {
  return createHmac('sha256', secret).update(`${name}=${text}`).digest();
}
