import { ReadQueue } from '@wirestack/socket';

/** A request under way. */
export class FastCgiRequest {
  readonly id: number;
  readonly keepsConnection: boolean;
  /** Its body has come to its end, read or not. */
  isWhole = false;
  readonly input: ReadQueue = new ReadQueue();
  /** Made when somebody asks, for that costs as much as reading all the variables. */
  #gone: AbortController | undefined;
  #reason: Error | undefined;
  /** Its variables, as they arrive. */
  params: Uint8Array[] = [];
  paramsBytes = 0;
  isStarted = false;
  isOver = false;

  constructor(id: number, keeps: boolean) {
    this.id = id;
    this.keepsConnection = keeps;
  }

  get signal(): AbortSignal {
    if (this.#gone === undefined) {
      this.#gone = new AbortController();
      if (this.#reason !== undefined) this.#gone.abort(this.#reason);
    }
    return this.#gone.signal;
  }

  get isAborted(): boolean {
    return this.#reason !== undefined;
  }

  abort(reason: Error): void {
    this.#reason ??= reason;
    this.#gone?.abort(reason);
    this.input.fail(reason, true);
  }
}
