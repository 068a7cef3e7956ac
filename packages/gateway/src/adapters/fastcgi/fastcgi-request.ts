import { ReadQueue } from '@wirestack/socket';
import type { ErrorStream } from '../../environ.ts';
import type { InputSource } from '../../input-stream.ts';
import { LazyAbort } from '../lazy-abort.ts';
import type { VariablesRequest } from '../variables-environ.ts';

/** The connection of a request, which its environ reads and writes by. */
export interface RequestOwner {
  readonly scriptName: string;
  readBody(request: FastCgiRequest): Promise<Uint8Array | undefined>;
  writeError(request: FastCgiRequest, text: string): void;
}

/** A request under way. */
export class FastCgiRequest implements VariablesRequest, InputSource {
  readonly id: number;
  readonly keepsConnection: boolean;
  readonly #owner: RequestOwner;
  /** What of its body has come and was not read. */
  readonly body: ReadQueue = new ReadQueue();
  /** Its body has come to its end, read or not. */
  isWhole = false;
  readonly #gone = new LazyAbort();
  /** Its variables, as they arrive. */
  #params: Uint8Array[] = [];
  /** So many of them are copies. */
  #copies = 0;
  paramsBytes = 0;
  isStarted = false;
  isOver = false;

  constructor(id: number, keeps: boolean, owner: RequestOwner) {
    this.id = id;
    this.keepsConnection = keeps;
    this.#owner = owner;
  }

  /** A piece of its variables. It is not kept beyond the chunk that it came in: see `copyParams`. */
  addParams(content: Uint8Array): void {
    this.#params.push(content);
    this.paramsBytes += content.length;
  }

  /** What of its variables came in this chunk is copied, if there is more to come. */
  copyParams(): void {
    while (this.#copies < this.#params.length) {
      this.#params[this.#copies] = Buffer.from(this.#params[this.#copies] as Uint8Array);
      this.#copies++;
    }
  }

  takeParams(): Uint8Array {
    const params = this.#params;
    this.#params = [];
    this.#copies = 0;
    return params.length === 1 ? (params[0] as Uint8Array) : Buffer.concat(params);
  }

  get scriptName(): string {
    return this.#owner.scriptName;
  }

  get input(): InputSource {
    return this;
  }

  read(): Promise<Uint8Array | undefined> {
    return this.#owner.readBody(this);
  }

  get errors(): ErrorStream {
    return new RequestErrors(this, this.#owner);
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  get isAborted(): boolean {
    return this.#gone.isAborted;
  }

  abort(reason: Error): void {
    this.#gone.abort(reason);
    this.body.fail(reason, true);
  }
}

/** `wsgi.errors`: the front server's log. */
class RequestErrors implements ErrorStream {
  readonly #request: FastCgiRequest;
  readonly #owner: RequestOwner;

  constructor(request: FastCgiRequest, owner: RequestOwner) {
    this.#request = request;
    this.#owner = owner;
  }

  write(text: string): void {
    this.#owner.writeError(this.#request, text);
  }

  flush(): void {
    // Each text leaves at once.
  }
}
