/** Where sessions are that are not in their cookie. Methods may answer at once: then an application that does so still does. */
export interface SessionStore {
  /** JSON, as it was set; `undefined` where there is none, or its time is over. */
  get(id: string): string | undefined | Promise<string | undefined>;
  /** Has to be there when the promise settles: the client gets its cookie after that. */
  set(id: string, json: string, maxAgeSeconds: number): void | Promise<void>;
  delete(id: string): void | Promise<void>;
}

export interface MemoryStoreOptions {
  /** For one more the one goes that was not used for longest. Default 10,000. */
  readonly maxSessions?: number;
  /** Milliseconds. Default `Date.now`. */
  readonly clock?: () => number;
}

/** Sessions in this process, for tests and for sites of one process that may forget: they are gone when it ends. No timers. */
export function memoryStore({
  maxSessions = 10_000,
  clock = Date.now,
}: MemoryStoreOptions = {}): SessionStore {
  if (!Number.isSafeInteger(maxSessions) || maxSessions < 1)
    throw new TypeError(`maxSessions cannot be ${String(maxSessions)}`);
  const kept = new Map<string, { readonly json: string; readonly until: number }>();
  return {
    get: (id) => {
      const found = kept.get(id);
      kept.delete(id);
      if (found === undefined || found.until <= clock()) return undefined;
      kept.set(id, found);
      return found.json;
    },
    set: (id, json, maxAgeSeconds) => {
      kept.delete(id);
      kept.set(id, { json, until: clock() + maxAgeSeconds * 1000 });
      const [oldest] = kept.keys();
      if (kept.size > maxSessions && oldest !== undefined) kept.delete(oldest);
    },
    delete: (id) => {
      kept.delete(id);
    },
  };
}
