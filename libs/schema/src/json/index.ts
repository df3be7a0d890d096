export { hashText, keysEqual } from './hash';
export { KeyTable } from './keys';
export {
  type DecimalShape,
  decimalShape,
  FITS_DOUBLE,
  FITS_INT64,
  FITS_NONE,
  FITS_UINT64,
  integerFit,
  plainDecimal,
  survivesDouble,
} from './number';
export { type JsonFault, type JsonFaultCode, JsonScanner, MAX_DEPTH } from './scan';
export { ShapeTable } from './shapetable';
export type { Shape, ShapeSpec, Step } from './shapetypes';
export * from './tape';
export { TIME_BAD, TIME_FINE, TIME_OK, TIME_RANGE, TimeReader } from './time';
