/** What the program ends with; those of failures are wget's, which scripts know. */
export const exitCodes = {
  success: 0,
  /** Something else: a file that cannot be written, a port that is taken. */
  failure: 1,
  /** The arguments make no sense. */
  usage: 2,
  /** No answer, or not all of it: the network, TLS, a deadline, an answer that is no HTTP. */
  network: 4,
  /** The answer has a status of 400 or more. */
  status: 8,
} as const;
