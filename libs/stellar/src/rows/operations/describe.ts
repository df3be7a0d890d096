import { OPERATION_MEMBERS } from '../../schemas/operationdetails';
import type { OperationBodies, OperationType } from '../../xdr/operations';
import { type Details, type DetailsWriter, detailsWriter } from '../details';
import type { AppliedOperation } from '../operation';

/** How to build the rows of one operation type. */
export interface OperationDescription<T extends OperationType> {
  /** Number of the type in the protocol. */
  readonly code: number;
  /** `type_string`. */
  readonly name: string;
  /** Names of the members that its details may have, in any order; `sponsor` is always allowed. */
  readonly members: readonly string[];
  /** Fills the details. */
  readonly fill: (details: Details, body: OperationBodies[T], at: AppliedOperation) => void;
}

/** A description with its JSON writer, for any body. */
export interface DescribedOperation {
  readonly code: number;
  readonly name: string;
  readonly fill: (details: Details, body: unknown, at: AppliedOperation) => void;
  readonly json: DetailsWriter;
}

/** Makes a description ready for use. `T` ties the body's type to the operation type. */
export function describe<T extends OperationType>(description: OperationDescription<T>): DescribedOperation {
  const { code, name, members, fill } = description;
  return {
    code,
    name,
    fill: fill as DescribedOperation['fill'],
    json: detailsWriter(OPERATION_MEMBERS, [...members, 'sponsor']),
  };
}
