/** `?sort=size&order=desc`. What is not known is like what is not there. */
export interface Order {
  readonly by: 'name' | 'size' | 'date';
  readonly isDescending: boolean;
}

/** To the second. */
export function isoDate(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? '' : `${date.toISOString().slice(0, -5)}Z`;
}
