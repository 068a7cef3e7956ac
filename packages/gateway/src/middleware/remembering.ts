/**
 * Answers of a pure function for the texts that keep coming: clients and applications say few different things. Bounded, for a client may say anything.
 */
export function remembering<T>(ask: (text: string) => T): (text: string) => T {
  const answers = new Map<string, T>();
  return (text) => {
    const known = answers.get(text);
    if (known !== undefined) return known;
    const found = ask(text);
    if (answers.size < maxAnswers && text.length <= maxLength) answers.set(text, found);
    return found;
  };
}

const maxAnswers = 256;
/** A browser's Accept has some 130 characters. */
const maxLength = 256;
