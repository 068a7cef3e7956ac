/** A socket that this process was started with. */
export interface InheritedSocket {
  /** For `listen({ fd })`. */
  readonly fd: number;
  /** `FileDescriptorName=` of the unit; `unknown` where it has none. */
  readonly name: string;
}

/** sd_listen_fds(3): the first of them. */
const firstDescriptor = 3;

/**
 * The sockets that systemd opened before it started this process (socket activation): a server then needs no rights to its port, and
 * connections wait while it restarts. None where the variables are meant for another process, such as a parent that did not clear them.
 * Source: sd_listen_fds(3), `LISTEN_PID`, `LISTEN_FDS`, `LISTEN_FDNAMES`.
 */
export function inheritedSockets(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  pid: number = process.pid,
): InheritedSocket[] {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = environment;
  if (LISTEN_PID !== String(pid) || LISTEN_FDS === undefined || !/^\d{1,4}$/.test(LISTEN_FDS)) return [];
  const names = LISTEN_FDNAMES?.split(':') ?? [];
  return Array.from({ length: Number(LISTEN_FDS) }, (_, index) => ({
    fd: firstDescriptor + index,
    name: names[index] ?? 'unknown',
  }));
}
