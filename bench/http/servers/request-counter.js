// @ts-check
const cr = 13;
const lf = 10;

/**
 * Counts the requests that end in each chunk of a connection. Looks for CR LF CR LF, and where there is neither reads every fourth byte
 * only: a server that looks at every byte of a head must not be faster than what is called its limit.
 */
export class RequestCounter {
  #bodyBytes;
  #toSkip = 0;
  /** So many bytes of CR LF CR LF the last chunk ended with. */
  #matched = 0;

  /** @param {number} bodyBytes  that follow every head */
  constructor(bodyBytes) {
    this.#bodyBytes = bodyBytes;
  }

  /**
   * @param {Uint8Array} chunk
   * @returns {number}
   */
  count(chunk) {
    const length = chunk.length;
    let complete = 0;
    let at = 0;
    while (at < length) {
      if (this.#toSkip > 0) {
        const skipped = Math.min(this.#toSkip, length - at);
        at += skipped;
        this.#toSkip -= skipped;
        if (this.#toSkip === 0) complete++;
        continue;
      }
      if (this.#matched > 0) {
        // Byte by byte over the seam of two chunks.
        this.#matched = nextMatched(this.#matched, chunk[at++]);
        if (this.#matched < 4) continue;
        this.#matched = 0;
      } else {
        const end = endOfHead(chunk, at);
        if (end < 0) {
          for (let i = Math.max(at, length - 3); i < length; i++) {
            this.#matched = nextMatched(this.#matched, chunk[i]);
          }
          return complete;
        }
        at = end;
      }
      if (this.#bodyBytes === 0) complete++;
      else this.#toSkip = this.#bodyBytes;
    }
    return complete;
  }
}

/**
 * @param {number} matched  bytes of CR LF CR LF so far
 * @param {number} code     the next byte
 */
function nextMatched(matched, code) {
  if (code === (matched % 2 === 0 ? cr : lf)) return matched + 1;
  return code === cr ? 1 : 0;
}

/**
 * Where the head ends that begins at `start`, or -1. `i` is where its last byte could be.
 *
 * @param {Uint8Array} chunk
 * @param {number} start
 */
function endOfHead(chunk, start) {
  const length = chunk.length;
  for (let i = start + 3; i < length;) {
    const code = chunk[i];
    if (code === lf) {
      if (chunk[i - 1] === cr && chunk[i - 2] === lf && chunk[i - 3] === cr) return i + 1;
      i += 2;
    } else if (code === cr) i += 1;
    else i += 4;
  }
  return -1;
}
