import { kindOf, type Difference, type Evidence, type Peer } from './differences.ts';
import { disagreementOf, type Reader, type Reading } from './normal-form.ts';
import { Random } from './random.ts';
import type { Case } from './request-cases.ts';

/** A disagreement that no difference explains. */
export interface Unexplained {
  readonly input: Case;
  readonly kind: string;
}

/** What came out of many cases. */
export interface Outcome {
  readonly cases: number;
  /** Cases that we refuse as a whole or in part: where few are, or nearly all, the cases are not worth much. */
  readonly refused: number;
  /** How often each difference was met. */
  readonly met: ReadonlyMap<string, number>;
  readonly unexplained: readonly Unexplained[];
}

/** Cases under way at the same time: enough to keep three readers busy. */
const lanes = 16;
/** Then there is no need to look for more. */
const enough = 20;

/** One reader of ours against others. */
export class Comparison {
  readonly #ours: (input: Case) => Reading;
  readonly #peers: ReadonlyMap<Peer, Reader>;
  readonly #differences: readonly Difference[];

  constructor(
    ours: (input: Case) => Reading,
    peers: ReadonlyMap<Peer, Reader>,
    differences: readonly Difference[],
  ) {
    this.#ours = ours;
    this.#peers = peers;
    this.#differences = differences;
  }

  async run(generate: (random: Random) => Case, seed: number, cases: number): Promise<Outcome> {
    const random = new Random(seed);
    const met = new Map<string, number>();
    const unexplained: Unexplained[] = [];
    let left = cases;
    let refused = 0;
    const lane = async (): Promise<void> => {
      while (left-- > 0 && unexplained.length < enough) {
        const input = generate(random);
        if (this.#ours(input).ending.kind === 'error') refused++;
        for (const evidence of await this.evidence(input)) {
          const difference = this.explanation(evidence);
          if (difference === undefined) unexplained.push({ input, kind: kindOf(evidence) });
          else met.set(difference.name, (met.get(difference.name) ?? 0) + 1);
        }
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return { cases, refused, met, unexplained };
  }

  /** The disagreement with each peer, and with ourselves where the bytes come in one piece. */
  async evidence(input: Case): Promise<Evidence[]> {
    const { bytes, method: asked = 'GET' } = input;
    const ours = this.#ours(input);
    const whole = this.#ours({ ...input, cuts: [] });
    if (JSON.stringify(whole) !== JSON.stringify(ours))
      throw new Error(`cut at ${String(input.cuts)} it is read differently: ${JSON.stringify(bytes)}`);
    const found = await Promise.all(
      Array.from(this.#peers, async ([peer, reader]) => {
        const disagreement = disagreementOf(ours, await reader.read(input));
        return disagreement && { ...disagreement, peer, bytes, asked };
      }),
    );
    return found.filter((evidence) => evidence !== undefined);
  }

  explanation(evidence: Evidence): Difference | undefined {
    return this.#differences.find((difference) => difference.explains(evidence));
  }

  /** The fewest bytes that still do it. */
  async shrink({ input, kind }: Unexplained): Promise<string> {
    const isSuch = async (bytes: string): Promise<boolean> => {
      const all = await this.evidence({ ...input, bytes, cuts: [] });
      return all.some((evidence) => kindOf(evidence) === kind && this.explanation(evidence) === undefined);
    };
    let { bytes } = input;
    for (let size = Math.ceil(bytes.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let at = 0; at < bytes.length;) {
        const shorter = bytes.slice(0, at) + bytes.slice(at + size);
        if (await isSuch(shorter)) bytes = shorter;
        else at += size;
      }
    }
    return bytes;
  }
}
