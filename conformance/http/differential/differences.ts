import type { Disagreement, Ending, Message, Reading } from './normal-form.ts';

export type Peer = 'node:http' | 'h11';

/** What a disagreement is judged by. */
export interface Evidence extends Disagreement {
  readonly peer: Peer;
  readonly bytes: string;
  /** Of a response: the method of its request. */
  readonly asked: string;
}

/** A way in which a peer reads the same bytes differently, and is known to. A row of docs/http-differences.md. */
export interface Difference {
  readonly name: string;
  /** Bytes that show it, one character a byte. */
  readonly example: string;
  /** Of a response: the method of its request. Default GET. */
  readonly asked?: string;
  readonly why: string;
  readonly source: string;
  /** We refuse, on purpose, what the clause would have us take. */
  readonly departs?: true;
  /** Whether it is the reason: by our fault's code and place, or by theirs, and by the bytes there. */
  explains(evidence: Evidence): boolean;
}

/** A reading in a few words: what the table says of an example. */
export function inWords({ messages, ending }: Reading): string {
  const count = messages.length === 1 ? '1 message' : `${String(messages.length)} messages`;
  const read = messages.length === 0 ? '' : count;
  const end = inWordsOfEnding(ending);
  return [read, end].filter((part) => part !== '').join(', ') || 'nothing';
}

function inWordsOfEnding({ kind, code }: Ending): string {
  if (kind === 'error') return /^HPE_\w+/.exec(code ?? '')?.[0] ?? code?.split(':')[0] ?? 'error';
  return kind === 'closed' ? 'the last' : kind === 'switched' ? 'then a tunnel' : '';
}

/** Two sides in one line, for groups of disagreements and messages of tests. */
export function kindOf({ peer, ours, theirs, asked }: Evidence): string {
  if ('kind' in ours || 'kind' in theirs)
    return `ours ${word(ours)}, ${peer} ${word(theirs)}, asked by ${asked}`;
  const fields = (['method', 'target', 'version', 'body', 'keepAlive'] as const).filter(
    (name) => ours[name] !== theirs[name],
  );
  const shown = fields.map((name) => `${name} ${JSON.stringify([ours[name], theirs[name]])}`);
  return `ours and ${peer}: ${fields.includes('body') ? fields.join(', ') : shown.join(', ')}, asked by ${asked}`;
}

function word(side: Message | Ending): string {
  if (!('kind' in side)) return 'message';
  return side.kind === 'error' ? (side.code ?? 'error') : side.kind;
}
