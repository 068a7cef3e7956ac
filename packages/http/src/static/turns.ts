/** Lets few do something at a time, and the others in their turn. */
export class Turns {
  readonly #maxAtOnce: number;
  #active = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(maxAtOnce: number) {
    this.#maxAtOnce = maxAtOnce;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#active === this.#maxAtOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#active++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // Its place goes on to the next.
      if (next === undefined) this.#active--;
      else next();
    }
  }
}
