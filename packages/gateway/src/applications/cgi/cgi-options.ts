import type { Application } from '../../application.ts';

export interface CgiOptions {
  /** Variables that programs get besides those of RFC 3875. */
  readonly env?: Readonly<Record<string, string>>;
  /** Variables of this process that they inherit. Default `PATH` `LANG` `LC_ALL` `TZ` `TMPDIR`: nothing that may be a secret. */
  readonly inherit?: readonly string[];
  /** Programs by the ends of names, for files that are not executable themselves: `{ '.py': 'python3' }`. Default none. */
  readonly interpreters?: Readonly<Record<string, string>>;
  /** From the start to the end of the head; then 504. Default 30,000. */
  readonly headTimeoutMs?: number;
  /** Between two pieces of the body. Default 30,000. */
  readonly bodyTimeoutMs?: number;
  /** Head of an answer, bytes. Default 65,536. */
  readonly maxHeadBytes?: number;
  /** Body of an answer, bytes. Default 1 GiB. */
  readonly maxBodyBytes?: number;
  /** Body of a request without a Content-Length, bytes: programs must be told its length, so it is kept first. Default 1 MiB; above: 413. */
  readonly maxBufferedBytes?: number;
  /** Programs at a time; above: 503. Default 32. */
  readonly maxProcesses?: number;
  /** Between the signals TERM and KILL. Default 2,000. */
  readonly killAfterMs?: number;
  /** What answers local redirects (`Location: /path`). Default the application itself. */
  readonly site?: Application;
  /** Default `wirestack`. */
  readonly serverSoftware?: string;
}

export interface CgiSettings extends Required<Omit<CgiOptions, 'site'>> {
  readonly root: string;
  readonly site: Application | undefined;
}

/** @throws TypeError */
export function cgiSettings(root: string, options: CgiOptions): CgiSettings {
  const settings: CgiSettings = {
    root,
    env: options.env ?? {},
    inherit: options.inherit ?? ['PATH', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'],
    interpreters: options.interpreters ?? {},
    headTimeoutMs: options.headTimeoutMs ?? 30_000,
    bodyTimeoutMs: options.bodyTimeoutMs ?? 30_000,
    maxHeadBytes: options.maxHeadBytes ?? 65_536,
    maxBodyBytes: options.maxBodyBytes ?? 1_073_741_824,
    maxBufferedBytes: options.maxBufferedBytes ?? 1_048_576,
    maxProcesses: options.maxProcesses ?? 32,
    killAfterMs: options.killAfterMs ?? 2000,
    site: options.site,
    serverSoftware: options.serverSoftware ?? 'wirestack',
  };
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value === 'number' && !(value > 0))
      throw new TypeError(`${name} is ${String(value)}, expected more than 0`);
  }
  return settings;
}
