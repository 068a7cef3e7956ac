export default function unreachable(): never {
  throw new Error('never called');
}

throw new Error('this module does not load');
