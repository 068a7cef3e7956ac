/** Somebody broke a rule of the interface: the message says which, and whose fault it is. */
export class ValidationError extends Error {
  override readonly name = 'ValidationError';
  /** Who: the application, or the server or middleware around it. */
  readonly by: 'application' | 'server';
  /** The rule, as PEP 3333 or this package's contract has it. */
  readonly rule: string;

  constructor(by: 'application' | 'server', rule: string, found: string) {
    super(`the ${by} broke a rule: ${rule}. ${found}`);
    this.by = by;
    this.rule = rule;
  }
}

/** @throws ValidationError where `holds` is not true */
export function requireOf(
  by: 'application' | 'server',
  holds: boolean,
  rule: string,
  found: string,
): asserts holds {
  if (!holds) throw new ValidationError(by, rule, found);
}

/** A value for a message, short. */
export function shown(value: unknown): string {
  let text: string | undefined;
  try {
    text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  } catch {
    text = typeof value;
  }
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
