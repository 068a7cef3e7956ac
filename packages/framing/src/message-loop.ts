import type { Deadline } from '@wirestack/socket';

/** `for await` over what `take` and `receive` give. By hand: an async generator takes twice as long for each message. */
export class MessageLoop<In> implements AsyncIterableIterator<In, undefined> {
  readonly #from: MessageOrigin<In>;
  readonly #options: Deadline | undefined;
  #isOver = false;
  /** The answer that is still to come. */
  #last: Promise<unknown> | undefined;

  constructor(from: MessageOrigin<In>, options?: Deadline) {
    this.#from = from;
    this.#options = options;
  }

  next(): Promise<IteratorResult<In, undefined>> {
    // Asked again before it has answered: answers come in the order of the asking, as from a generator.
    if (this.#last !== undefined) return this.#queued(this.#last.then(this.#step, this.#step));
    try {
      const message = this.#here();
      if (message !== undefined) return Promise.resolve({ done: false, value: message });
    } catch (thrown) {
      const error = thrown as Error;
      this.#isOver = true;
      return Promise.reject(error);
    }
    return this.#queued(this.#step());
  }

  return(): Promise<IteratorResult<In, undefined>> {
    this.#isOver = true;
    return Promise.resolve(over);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #here(): In | undefined {
    return this.#isOver || this.#options?.signal?.aborted === true ? undefined : this.#from.take();
  }

  readonly #step = async (): Promise<IteratorResult<In, undefined>> => {
    try {
      let message = this.#here();
      if (message === undefined && !this.#isOver) message = await this.#from.receive(this.#options);
      if (message !== undefined) return { done: false, value: message };
    } catch (error) {
      this.#isOver = true;
      throw error;
    }
    this.#isOver = true;
    return over;
  };

  #queued(answer: Promise<IteratorResult<In, undefined>>): Promise<IteratorResult<In, undefined>> {
    this.#last = answer;
    const forget = (): void => {
      if (this.#last === answer) this.#last = undefined;
    };
    answer.then(forget, forget);
    return answer;
  }
}

export interface MessageOrigin<In> {
  take(): In | undefined;
  receive(options?: Deadline): Promise<In | undefined>;
}

const over = { done: true, value: undefined } as const;
