import { lessThan, minus, point, slash, zero } from './characters.ts';
import { compactTime } from './scalars.ts';
import { TextScanner } from './text-scanner.ts';

/**
 * Reads scalars right from their bytes, where they are written as nearly always: made texts first, they take three times as long. Each method
 * reads what stands in front of an end tag, and answers `undefined` and reads nothing where there is anything else.
 */
export abstract class ScalarScanner extends TextScanner {
  /** A number of up to nine digits. */
  smallInt(): number | undefined {
    const { bytes } = this;
    let at = this.position;
    const isNegative = bytes[at] === minus;
    if (isNegative) at++;
    const start = at;
    let value = 0;
    let digit = (bytes[at] as number) - zero;
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digit = (bytes[++at] as number) - zero;
    }
    if (at === start || at - start > 9 || !this.#isEndTag(at)) return undefined;
    this.position = at;
    return isNegative ? 0 - value : value;
  }

  /** A number with a point and up to fifteen digits. */
  smallDouble(): number | undefined {
    const { bytes } = this;
    let at = this.position;
    const isNegative = bytes[at] === minus;
    if (isNegative) at++;
    const start = at;
    let behindPoint = 0;
    let digits = 0;
    for (; ; at++) {
      const byte = bytes[at] as number;
      if (byte >= zero && byte <= zero + 9) digits = digits * 10 + byte - zero;
      else if (byte === point && behindPoint === 0) behindPoint = at + 1;
      else break;
    }
    const decimals = at - behindPoint;
    // Both are exact then, and one division rounds as reading the text would.
    if (!this.#isEndTag(at) || behindPoint === 0 || behindPoint === start + 1 || at - start > 16)
      return undefined;
    this.position = at;
    const value = digits / (powersOfTen[decimals] as number);
    return isNegative ? -value : value;
  }

  /** `1` or `0`. */
  boolean(): boolean | undefined {
    const digit = (this.bytes[this.position] as number) - zero;
    if ((digit !== 0 && digit !== 1) || !this.#isEndTag(this.position + 1)) return undefined;
    this.position++;
    return digit === 1;
  }

  /** `19980717T14:08:55`. */
  dateTime(): Date | undefined {
    const end = this.position + 17;
    if (!this.#isEndTag(end)) return undefined;
    const date = compactTime(this.bytes, this.position);
    if (date !== undefined) this.position = end;
    return date;
  }

  /** Where a comment or a CDATA section stands, the text may go on behind it. */
  #isEndTag(at: number): boolean {
    return this.bytes[at] === lessThan && this.bytes[at + 1] === slash;
  }
}

const powersOfTen: readonly number[] = Array.from({ length: 17 }, (_, exponent) => 10 ** exponent);
