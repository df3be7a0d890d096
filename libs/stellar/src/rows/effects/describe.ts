import type { OperationBodies, OperationType } from '../../xdr/operations';
import type { AppliedOperation } from '../operation';
import type { EffectList } from './list';

/** Adds the effects of one operation type. The effects that any operation may have follow them. */
export type EffectsOf<T extends OperationType> = (
  effects: EffectList,
  body: OperationBodies[T],
  at: AppliedOperation,
) => void;
