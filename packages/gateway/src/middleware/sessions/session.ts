import type { Opened } from './seal.ts';
import { SessionError } from './session-error.ts';
import type { SessionStore } from './session-store.ts';

/** What a session is read from; asked for at its first use. */
export interface SessionSource {
  /** What the client sent and is ours. */
  opened(): Opened | undefined;
  readonly store: SessionStore | undefined;
}

/** What is to be done at the end. */
export interface SessionState {
  /** `undefined` where nothing is to be kept. */
  readonly json: string | undefined;
  readonly isChanged: boolean;
  /** In the store, to go on under; `undefined` for a new one. */
  readonly id: string | undefined;
  /** In the store, to be deleted. */
  readonly oldId: string | undefined;
}

/**
 * What a client's requests share: values of JSON by name, `environ['wirestack.session']`. It is read when it is first used. Where it is in a store, `await session.load()` comes first.
 *
 * Methods that change something throw SessionError `HEAD_SENT` once the response has begun, and all but `load`, `clear` and `destroy` `NOT_LOADED` before `load`.
 */
export class Session {
  readonly #source: SessionSource;
  #values: Map<string, unknown> | undefined;
  #before = '{}';
  #id: string | undefined;
  #oldId: string | undefined;
  #wasUsed = false;
  #isRenewed = false;
  #isOver = false;
  #loading: Promise<void> | undefined;

  constructor(source: SessionSource) {
    this.#source = source;
  }

  /** Somebody looked, or wrote: the response depends on it. */
  get wasUsed(): boolean {
    return this.#wasUsed;
  }

  /** Fetches it from its store, once; without a store there is nothing to wait for. Rejects with what the store says. */
  load(): Promise<void> {
    if (this.#values !== undefined || this.#isOver) return Promise.resolve();
    const { store } = this.#source;
    const opened = this.#open();
    if (store === undefined || opened === undefined) {
      this.#loaded();
      return Promise.resolve();
    }
    this.#loading ??= Promise.resolve(store.get(opened.payload)).then((json) => {
      // Cleared in the meantime: that counts.
      if (this.#values !== undefined) return;
      this.#fill(json);
      // Whose time is over does not come back under its old name.
      if (json !== undefined) this.#id = opened.payload;
    });
    return this.#loading;
  }

  get(name: string): unknown {
    return this.#loaded().get(name);
  }

  has(name: string): boolean {
    return this.#loaded().has(name);
  }

  /** @param value of JSON. A change inside of what `get` answered is seen, too. */
  set(name: string, value: unknown): void {
    this.#changing();
    const values = this.#loaded();
    if (value === undefined) values.delete(name);
    else values.set(name, value);
  }

  delete(name: string): boolean {
    this.#changing();
    return this.#loaded().delete(name);
  }

  /** Without values it has no cookie: an empty session is none. */
  clear(): void {
    this.#changing();
    this.#wasUsed = true;
    if (this.#values === undefined) {
      const opened = this.#open();
      // Not known, and not the same as before.
      this.#before = opened === undefined ? '{}' : '';
      this.#id = this.#source.store && opened?.payload;
    }
    this.#values = new Map();
  }

  /**
   * The same values under a new name: after a login, so that who knew the name before, or planted it, has nothing of it (session fixation). Without a store there is no name, and the old
   * cookie stays good until its end.
   */
  regenerate(): void {
    this.#changing();
    this.#loaded();
    this.#isRenewed = true;
    this.#oldId ??= this.#id;
    this.#id = undefined;
  }

  /** A logout: no values, no name. What is set behind it begins another. */
  destroy(): void {
    this.clear();
    this.regenerate();
  }

  /** The head goes out: what is to be kept of it. @throws SessionError `BAD_VALUE` */
  finish(): SessionState {
    this.#isOver = true;
    const json = this.#values === undefined ? this.#before : jsonOf(this.#values);
    const isEmpty = this.#values?.size === 0;
    const isChanged = this.#wasUsed && (json !== this.#before || (this.#isRenewed && !isEmpty));
    const oldId = this.#oldId ?? (isEmpty ? this.#id : undefined);
    const id = isEmpty ? undefined : this.#id;
    return { json: isEmpty ? undefined : json, isChanged, id, oldId };
  }

  #loaded(): Map<string, unknown> {
    this.#wasUsed = true;
    if (this.#values !== undefined) return this.#values;
    const opened = this.#open();
    if (opened !== undefined && this.#source.store !== undefined)
      throw new SessionError('NOT_LOADED', 'this session is in a store: await session.load() first');
    return this.#fill(opened && Buffer.from(opened.payload, 'base64url').toString());
  }

  #fill(json: string | undefined): Map<string, unknown> {
    const values = valuesOf(json);
    if (values !== undefined) this.#before = jsonOf(values);
    return (this.#values = values ?? new Map<string, unknown>());
  }

  #open(): Opened | undefined {
    this.#wasUsed = true;
    return this.#source.opened();
  }

  #changing(): void {
    if (this.#isOver)
      throw new SessionError('HEAD_SENT', 'the response has begun: its session cannot change any more');
  }
}

/** `undefined` for what is no object: another program may have the same secret, and other ideas. */
function valuesOf(json: string | undefined): Map<string, unknown> | undefined {
  if (json === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? new Map(Object.entries(value))
    : undefined;
}

function jsonOf(values: ReadonlyMap<string, unknown>): string {
  try {
    return JSON.stringify(Object.fromEntries(values));
  } catch (error) {
    throw new SessionError('BAD_VALUE', `a session has values of JSON: ${String(error)}`);
  }
}
