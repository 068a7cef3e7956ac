/** Rejects, or throws, where something does not work. `signal` is aborted when its time is up: end what you began. */
export type HealthCheck = (signal: AbortSignal) => unknown;

/** Time as the checks need it; a `ManualClock` of `@wirestack/http/testing` is one. */
export interface HealthClock {
  now(): number;
  elapsed(): number;
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

export interface HealthReport {
  readonly isPassed: boolean;
  /** In place of checks. */
  readonly output: string | undefined;
  readonly checks: readonly CheckOutcome[];
}

interface CheckOutcome {
  readonly name: string;
  readonly error: string | undefined;
  /** When it began, milliseconds since 1970. */
  readonly at: number;
  readonly durationMs: number;
}

export interface HealthChecksOptions {
  readonly checks?: Readonly<Record<string, HealthCheck>>;
  readonly timeoutMs?: number;
  readonly cacheMs?: number;
  readonly clock?: HealthClock;
}

/** Checks, run side by side, at most once in `cacheMs`. */
export class HealthChecks {
  readonly #checks: readonly Check[];
  readonly #cacheMs: number;
  readonly #clock: HealthClock;
  #last: HealthReport | undefined;
  #lastAt = 0;
  #running: Promise<HealthReport> | undefined;

  /** @throws TypeError */
  constructor({ checks = {}, timeoutMs = 2000, cacheMs = 1000, clock = systemClock }: HealthChecksOptions) {
    if (!(timeoutMs > 0 && timeoutMs < 2 ** 31)) throw new TypeError('timeoutMs is no time');
    if (!(cacheMs >= 0)) throw new TypeError('cacheMs is no time');
    this.#clock = clock;
    this.#cacheMs = cacheMs;
    this.#checks = Object.entries(checks).map(([name, check]) => {
      if (typeof check !== 'function') throw new TypeError(`checks: ${name} is no function`);
      return new Check(name, check, timeoutMs, clock);
    });
  }

  report(): HealthReport | Promise<HealthReport> {
    if (this.#checks.length === 0) return nothingToCheck;
    if (this.#last !== undefined && this.#clock.elapsed() - this.#lastAt < this.#cacheMs) return this.#last;
    return (this.#running ??= this.#run());
  }

  async #run(): Promise<HealthReport> {
    const checks = await Promise.all(this.#checks.map((one) => one.run()));
    const isPassed = checks.every(({ error }) => error === undefined);
    this.#last = { isPassed, output: undefined, checks };
    this.#lastAt = this.#clock.elapsed();
    this.#running = undefined;
    return this.#last;
  }
}

const nothingToCheck: HealthReport = { isPassed: true, output: undefined, checks: [] };

class Check {
  readonly #name: string;
  readonly #check: HealthCheck;
  readonly #timeoutMs: number;
  readonly #clock: HealthClock;
  /** One that was given up, and has not ended yet. */
  #isStuck = false;

  constructor(name: string, check: HealthCheck, timeoutMs: number, clock: HealthClock) {
    this.#name = name;
    this.#check = check;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  async run(): Promise<CheckOutcome> {
    const at = this.#clock.now();
    const began = this.#clock.elapsed();
    const error = this.#isStuck ? 'the last one has not ended' : await this.#errorOf();
    return { name: this.#name, error, at, durationMs: this.#clock.elapsed() - began };
  }

  /** Never rejects. */
  #errorOf(): Promise<string | undefined> {
    const abort = new AbortController();
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(() => {
        this.#isStuck = true;
        abort.abort(new DOMException(`${this.#name} took too long`, 'TimeoutError'));
        resolve(`not done in ${String(this.#timeoutMs)} ms`);
      }, this.#timeoutMs);
      const end = (error?: string): void => {
        this.#isStuck = false;
        this.#clock.clearTimeout(timer);
        resolve(error);
      };
      const run = async (): Promise<void> => {
        await this.#check(abort.signal);
      };
      run().then(
        () => {
          end();
        },
        (error: unknown) => {
          end(error instanceof Error ? error.message : String(error));
        },
      );
    });
  }
}

const systemClock: HealthClock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  // A check under way keeps no process alive.
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
  clearTimeout: (timer) => {
    clearTimeout(timer as NodeJS.Timeout);
  },
};
