import { HttpUsageError } from '../../errors.ts';
import { requestTarget } from '../request-target.ts';

/** Who may see credentials. */
export interface CredentialOptions {
  /**
   * Origins that the credentials are for, such as `https://api.example`. Default: that of the first request, and no other: so a redirect, or a
   * link in an answer, takes them nowhere.
   */
  readonly origins?: readonly string[] | undefined;
}

/** Decides whether a request may carry credentials. */
export class CredentialOrigins {
  #origins: readonly string[] | undefined;

  /** @throws HttpUsageError `BAD_OPTION` for what is no origin */
  constructor({ origins }: CredentialOptions) {
    this.#origins = origins?.map(originOf);
  }

  includes(url: string): boolean {
    const { origin } = requestTarget(url);
    return (this.#origins ??= [origin]).includes(origin);
  }
}

function originOf(text: string): string {
  const target = requestTarget(text);
  if (target.path !== '/')
    throw new HttpUsageError('BAD_OPTION', `${JSON.stringify(text)} is more than an origin`);
  return target.origin;
}
