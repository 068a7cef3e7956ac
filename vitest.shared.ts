/** Siblings are read from source: no build between a change and its test. */
export const sourceConditions: string[] = ['@wirestack/source', 'module', 'node', 'development|production'];
