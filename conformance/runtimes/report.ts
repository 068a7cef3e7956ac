import type { Ended } from '../support/program.ts';

/** What `behaviour.js` said of one run. */
export class Report {
  /** What was wrong with each case that was run; `undefined` where nothing was. */
  readonly outcomes: ReadonlyMap<string, string | undefined>;
  /** Every other line: totals, and what went wrong between two cases. */
  readonly remarks: readonly string[];
  readonly ended: Ended;

  constructor(ended: Ended) {
    const outcomes = new Map<string, string | undefined>();
    const remarks: string[] = [];
    let failed = '';
    for (const line of Buffer.from(ended.stdout, 'latin1').toString().split('\n')) {
      const told = /^(not )?ok \d+ - (.*)$/.exec(line);
      if (told !== null) {
        const [, isFailure, title = ''] = told;
        outcomes.set(title, isFailure === undefined ? undefined : 'no details');
        failed = title;
      } else if (line.startsWith('  {')) {
        const { message, stack } = JSON.parse(line) as { message: string; stack: string };
        outcomes.set(failed, stack.includes(message) ? stack : `${message}\n${stack}`);
      } else remarks.push(line);
    }
    this.outcomes = outcomes;
    this.remarks = remarks;
    this.ended = ended;
  }

  /** The cases that failed. */
  get failures(): string[] {
    return [...this.outcomes].filter(([, failure]) => failure !== undefined).map(([title]) => title);
  }
}
