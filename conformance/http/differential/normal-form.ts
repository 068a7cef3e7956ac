import type { Case } from './request-cases.ts';

/** A message as everybody has to understand it. Of a response `method` is the status, and `target` the reason. */
export interface Message {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  /** One character a byte. */
  readonly body: string;
  readonly keepAlive: boolean;
}

/**
 * How a connection's bytes come to an end, behind the messages that are complete: between two of them (`idle`), behind one that ends the
 * connection (`closed`), at one that changes the protocol (`switched`), or inside one that is wrong or cut short (`error`).
 */
export interface Ending {
  readonly kind: 'idle' | 'closed' | 'switched' | 'error';
  /** The reader's own word for what is wrong. */
  readonly code?: string;
  /** In a few words more, and where, in bytes of the connection. Only ours says so. */
  readonly detail?: string;
  readonly offset?: number | undefined;
}

/** What one reader makes of the bytes of a connection. */
export interface Reading {
  readonly messages: readonly Message[];
  readonly ending: Ending;
  /** The first message with an Upgrade, from 0. Only ours says so. */
  readonly upgradeAt?: number | undefined;
}

/** A reader of HTTP requests. */
export interface Reader {
  read(input: Case): Promise<Reading>;
  close(): Promise<void>;
}

/** Two readers at the first message that they do not understand alike. */
export interface Disagreement {
  /** Which message, from 0. */
  readonly at: number;
  readonly ours: Message | Ending;
  readonly theirs: Message | Ending;
  readonly upgradeAt: number | undefined;
}

export function disagreementOf(ours: Reading, theirs: Reading): Disagreement | undefined {
  const { upgradeAt } = ours;
  const count = Math.max(ours.messages.length, theirs.messages.length);
  for (let at = 0; at <= count; at++) {
    const left = ours.messages[at] ?? ours.ending;
    const right = theirs.messages[at] ?? theirs.ending;
    if (!isSame(left, right)) return { at, ours: left, theirs: right, upgradeAt };
    if ('kind' in left) return undefined;
  }
  return undefined;
}

export function pieces({ bytes, cuts }: Case): Buffer[] {
  const whole = Buffer.from(bytes, 'latin1');
  return [...cuts, whole.length].map((end, i, ends) => whole.subarray(i === 0 ? 0 : ends[i - 1], end));
}

/** The same for a socket, where a byte at a time costs much and is joined on its way. */
export function packets({ bytes, cuts }: Case): Buffer[] {
  return pieces({ bytes, cuts: cuts.length > 6 ? [] : cuts });
}

/** Messages field by field; two faults are alike whatever they are called. */
function isSame(left: Message | Ending, right: Message | Ending): boolean {
  if ('kind' in left) return 'kind' in right && left.kind === right.kind;
  if ('kind' in right) return false;
  return (
    left.method === right.method &&
    left.target === right.target &&
    left.version === right.version &&
    left.body === right.body &&
    left.keepAlive === right.keepAlive
  );
}
