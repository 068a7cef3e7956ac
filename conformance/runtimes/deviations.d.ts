export interface Deviation {
  /** `node20`, `bun`, … */
  readonly runtime: string;
  /** `group › name`. */
  readonly cases: readonly string[];
  /** What a user notices. */
  readonly seen: string;
  /** False where it hangs on timing: the case may then pass as well. Default true. */
  readonly isSure?: boolean;
  /** What the runtime does. */
  readonly reason: string;
}

export declare const deviations: readonly Deviation[];
