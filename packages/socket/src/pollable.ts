/**
 * Readiness, asked and watched without consuming anything: what `select` is told of a descriptor (seed 003, `selectors`). The streams,
 * listeners and datagram sockets of this package have it; a `Selector` takes anything that does.
 */
export interface Pollable {
  /** `read()`, `accept()` or `receive()` would answer at once: with bytes, a connection, the end, or an error. */
  readonly isReadable: boolean;
  /** `write()` would meet no back-pressure. */
  readonly isWritable: boolean;
  /**
   * Calls `onChange` after each change that may have made it readable or writable, and begins to read ahead so that there is something to
   * see. The function returned ends that. Pull mode only.
   */
  watch(onChange: () => void): () => void;
}
