import { HttpUsageError } from '../errors.ts';
import type { Leniency } from './leniency.ts';

/** What a message may cost before it is refused. */
export interface MessageLimits {
  /** Request or status line and header section, bytes. Default 16,384 (node; nginx 8–32 k, hyper 400 k); above: 431. */
  readonly maxHeadBytes: number;
  /** Request target, bytes. Default 8,192 (RFC 9112 3 asks for 8,000; nginx and Apache 8 k); above: 414. */
  readonly maxTargetBytes: number;
  /** Header fields of a message. Default 100 (Apache, hyper; node 2,000); above: 431. */
  readonly maxFields: number;
  /** Body, bytes. Default no limit, for bodies are streamed and `text()` and its like have one of their own; above: 413. */
  readonly maxBodyBytes: number;
  /** All chunk extensions of a message together, bytes. Default 4,096; above: 413. */
  readonly maxExtensionBytes: number;
  /** Trailer section, bytes. Default 8,192; above: 431. */
  readonly maxTrailerBytes: number;
}

export const defaultLimits: MessageLimits = {
  maxHeadBytes: 16_384,
  maxTargetBytes: 8192,
  maxFields: 100,
  maxBodyBytes: Infinity,
  maxExtensionBytes: 4096,
  maxTrailerBytes: 8192,
};

/** What a parser goes by: every limit, and the leniencies. */
export type MessageRules = MessageLimits & Leniency;

/** Written out, and always copied as a whole: objects that grow property by property made the parser a tenth slower. */
const defaultRules: Required<MessageRules> = {
  maxHeadBytes: defaultLimits.maxHeadBytes,
  maxTargetBytes: defaultLimits.maxTargetBytes,
  maxFields: defaultLimits.maxFields,
  maxBodyBytes: defaultLimits.maxBodyBytes,
  maxExtensionBytes: defaultLimits.maxExtensionBytes,
  maxTrailerBytes: defaultLimits.maxTrailerBytes,
  allowBareLf: false,
  allowObsFold: false,
  allowSpaceBeforeColon: false,
  allowRepeatedContentLength: false,
  allowLowerCaseMethods: false,
  allowTransferEncodingWithContentLength: false,
  allowMissingHost: false,
  allowAnyTargetCharacters: false,
};

/** Those that are complete: what has been read is not read, nor copied, for each connection again. */
const complete = new WeakSet<object>();

/**
 * Fills in the defaults. What it answered before it answers again as it is.
 *
 * @throws HttpUsageError `BAD_OPTION` for a limit that is no count, or a leniency that is no boolean: a string such as `'false'` must not open a door
 */
export function limitsFrom(options: Partial<MessageLimits> & Leniency): MessageRules {
  if (complete.has(options)) return options as MessageRules;
  const rules: Record<string, number | boolean | undefined> & MessageRules = { ...defaultRules };
  complete.add(rules);
  for (const [name, standard] of Object.entries(defaultRules)) {
    const value: unknown = options[name as keyof MessageRules];
    if (value === undefined) continue;
    const isLimit = typeof standard === 'number';
    if (isLimit ? !(typeof value === 'number' && value >= 0) : typeof value !== 'boolean') {
      const expected = isLimit ? '0 or more' : 'true or false';
      throw new HttpUsageError('BAD_OPTION', `${name} is ${JSON.stringify(value)}, expected ${expected}`);
    }
    rules[name] = value as number | boolean;
  }
  return rules;
}
