export interface Failure {
  readonly format: string;
  readonly index: number;
  readonly hex: string;
  readonly pieces: readonly number[];
  readonly reason: string;
}

export function codecsOf(api: object): string[];
export function fuzz(options: {
  readonly api: object;
  readonly inputs: number;
  readonly seed: number;
  readonly codec?: string;
  readonly only?: number;
  readonly timed?: boolean;
  readonly onInput?: (format: number, index: number) => void;
  readonly onFormat?: (done: { format: string; inputs: number; bytes: number }) => void;
}): Failure[];
