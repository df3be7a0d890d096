export { hashText, keysEqual } from './hash';
export { KeyTable } from './keys';
export { decimalShape, FITS_NONE, FITS_UINT64, integerFit, plainDecimal, survivesDouble } from './number';
export { JsonScanner } from './scan';
export { ShapeTable } from './shapetable';
export type { Shape, ShapeSpec, Step } from './shapetypes';
export * from './tape';
export { TIME_BAD, TIME_FINE, TIME_OK, TIME_RANGE, TimeReader } from './time';
