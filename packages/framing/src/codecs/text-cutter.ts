/** Gives the lines of a text one by one. The text ends with the end of a line. */
export abstract class TextCutter {
  /** What is cut, and where the next line begins in it. */
  protected text = '';
  protected at = 0;

  get isEmpty(): boolean {
    return this.at === this.text.length;
  }

  get rest(): string {
    return this.text.slice(this.at);
  }

  start(text: string): void {
    this.text = text;
    this.at = 0;
  }

  clear(): void {
    this.start('');
  }

  /** The next line; `undefined` where it does not end as it must. */
  abstract next(): string | undefined;
}

export class LfOrCrlfCutter extends TextCutter {
  next(): string {
    const { text, at } = this;
    const lf = text.indexOf('\n', at);
    this.at = lf + 1;
    if (this.at === text.length) this.clear();
    return text.slice(at, lf > at && text.charCodeAt(lf - 1) === 13 ? lf - 1 : lf);
  }
}

export class LfCutter extends TextCutter {
  next(): string {
    const { text, at } = this;
    const lf = text.indexOf('\n', at);
    this.at = lf + 1;
    if (this.at === text.length) this.clear();
    return text.slice(at, lf);
  }
}

export class CrlfCutter extends TextCutter {
  next(): string {
    const { text, at } = this;
    const cr = text.indexOf('\r\n', at);
    this.at = cr + 2;
    if (this.at === text.length) this.clear();
    return text.slice(at, cr);
  }
}

export class StrictCrlfCutter extends TextCutter {
  next(): string | undefined {
    const { text, at } = this;
    const cr = text.indexOf('\r', at);
    const lf = text.indexOf('\n', at);
    if (lf !== cr + 1) return undefined;
    this.at = lf + 1;
    if (this.at === text.length) this.clear();
    return text.slice(at, cr);
  }
}

export class AnyCutter extends TextCutter {
  /** The next of each, at `at` or behind it; `Infinity` where there is none. */
  #cr = 0;
  #lf = 0;

  override start(text: string): void {
    super.start(text);
    this.#cr = -1;
    this.#lf = -1;
  }

  next(): string {
    const { text, at } = this;
    // Looked for only once they are passed: a text without one of them is looked through once, not at each line.
    if (this.#cr < at) this.#cr = indexOrInfinity(text, '\r', at);
    if (this.#lf < at) this.#lf = indexOrInfinity(text, '\n', at);
    const end = Math.min(this.#cr, this.#lf);
    this.at = this.#lf === this.#cr + 1 ? end + 2 : end + 1;
    if (this.at === text.length) this.clear();
    return text.slice(at, end);
  }
}

function indexOrInfinity(text: string, part: string, at: number): number {
  const found = text.indexOf(part, at);
  return found < 0 ? Infinity : found;
}
