// @ts-check
// Seed 004: the four ways in which a message can say where it ends.
import { delimiter, fixedLength, lengthPrefix, untilClose } from '@wirestack/framing';

export const structures = {
  fixed: fixedLength(5), // every message has the same length
  delimiter: delimiter('\n'), // a mark stands behind it
  header: lengthPrefix(), // its length stands before it, as Python's struct.pack('!I', length)
  close: untilClose(), // it ends with the connection
};
