/** What stands between a writable and a readable end: items go in, others come out. */
export interface Machine<From, To> {
  put(item: From): void;
  /** Nothing more goes in. */
  end(): void;
  /** The next that comes out; `undefined` where there is none before more goes in. */
  take(): To | undefined;
  /** More may go in though not all has come out. */
  readonly hasRoom: boolean;
}

/**
 * The two ends of a machine. It runs when the readable end has room, and not before: a `TransformStream` by birth cannot stop in the
 * middle of a chunk, as nobody tells it when to go on.
 */
export function streamsThrough<From, To>(
  machine: Machine<From, To>,
  highWaterMark: number,
): TransformStream<From, To> {
  const through = new Through(machine, highWaterMark);
  return { readable: through.readable, writable: through.writable };
}

class Through<From, To> {
  readonly readable: ReadableStream<To>;
  readonly writable: WritableStream<From>;
  readonly #machine: Machine<From, To>;
  readonly #highWaterMark: number;
  #out!: ReadableStreamDefaultController<To>;
  #in!: WritableStreamDefaultController;
  /** The write or the close that is not done. */
  #undone: { resolve(): void; reject(error: unknown): void } | undefined;
  #isWanted = false;
  #isMoving = false;
  #isEnded = false;
  #isOver = false;
  /** The machine gives nothing any more. */
  #isStuck = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(machine: Machine<From, To>, highWaterMark: number) {
    this.#machine = machine;
    this.#highWaterMark = highWaterMark;
    this.readable = new ReadableStream<To>(
      {
        start: (controller) => {
          this.#out = controller;
        },
        pull: () => {
          this.#isWanted = true;
          this.#move();
        },
        cancel: (reason) => {
          this.#isOver = true;
          this.#undone?.reject(reason);
          this.#in.error(reason);
        },
      },
      { highWaterMark },
    );
    this.writable = new WritableStream<From>({
      start: (controller) => {
        this.#in = controller;
        // `abort` below waits for a write that waits for room; this does not, where the platform has it.
        const { signal } = controller as typeof controller & { readonly signal?: AbortSignal };
        signal?.addEventListener('abort', () => {
          this.#abort(signal.reason);
        });
      },
      write: (item) => {
        this.#put(item);
        return this.#done();
      },
      close: () => {
        this.#isEnded = true;
        this.#machine.end();
        return this.#done();
      },
      abort: (reason) => {
        this.#abort(reason);
      },
    });
  }

  #put(item: From): void {
    try {
      this.#machine.put(item);
    } catch (error) {
      this.#fail(error);
      this.#move();
      throw error;
    }
  }

  #done(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#undone = { resolve, reject };
      this.#move();
    });
  }

  #move(): void {
    // To enqueue may call `pull`, and that comes here.
    if (this.#isMoving || this.#isOver) return;
    this.#isMoving = true;
    this.#moveAll();
    this.#isMoving = false;
  }

  #moveAll(): void {
    while (this.#isWanted || this.#roomAhead > 0) {
      const item = this.#take();
      if (item === undefined) {
        this.#settle();
        if (this.#failure !== undefined) this.#tellFailure(this.#failure.error);
        else if (this.#isEnded) this.#close();
        return;
      }
      this.#isWanted = false;
      this.#out.enqueue(item);
    }
    if (this.#machine.hasRoom && !this.#isEnded) this.#settle();
  }

  #take(): To | undefined {
    if (this.#isStuck) return undefined;
    try {
      return this.#machine.take();
    } catch (error) {
      this.#isStuck = true;
      this.#fail(error);
      return undefined;
    }
  }

  get #roomAhead(): number {
    return this.#out.desiredSize ?? 0;
  }

  #settle(): void {
    this.#undone?.resolve();
    this.#undone = undefined;
  }

  #close(): void {
    this.#isOver = true;
    this.#out.close();
  }

  /** The writer learns at once, the reader when it has read what comes before: an error drops what waits. */
  #fail(error: unknown): void {
    this.#failure = { error };
    this.#undone?.reject(error);
    this.#undone = undefined;
  }

  #tellFailure(error: unknown): void {
    if (this.#roomAhead < this.#highWaterMark) return;
    this.#isOver = true;
    this.#out.error(error);
  }

  #abort(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#undone?.reject(reason);
    this.#out.error(reason);
  }
}
