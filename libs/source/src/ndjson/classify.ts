import { JsonScanner, type Tape } from '@parquetry/schema';
import type { MessageFault, MessageReader } from '../message';
import { isBlank, MAX_LINE, TOO_LONG } from './files/lines';

/** What a line is, by its type and ledger: blank, without a usable one, of a type not requested, or a message. */
export type LineClass = 'blank' | 'unusable' | 'otherType' | 'message';

/** Classifies lines. `reader` has the type and ledger of the last line, `tape` its values. */
export class LineClassifier {
  /** Why the last line is unusable. */
  fault: MessageFault = TOO_LONG;
  /** The dataset of the last unusable line, if its type is usable. */
  dataset: string | undefined;
  private readonly scanner = new JsonScanner();

  /** @param wants whether a dataset is requested */
  constructor(
    private readonly reader: MessageReader,
    private readonly wants: (dataset: string) => boolean,
  ) {}

  get tape(): Tape {
    return this.scanner.tape;
  }

  /** Classifies the line `bytes[start, end)`. */
  classify(bytes: Buffer, start: number, end: number): LineClass {
    // First, because a line longer than a batch is refused before its end is known.
    if (end - start > MAX_LINE) return this.unusable(TOO_LONG);
    if (isBlank(bytes, start, end)) return 'blank';
    const { scanner, reader } = this;
    if (!scanner.scan(bytes, start, end)) {
      const { code, reason, offset } = scanner.fault as NonNullable<JsonScanner['fault']>;
      const at = offset - start + 1;
      return this.unusable({ code, reason: `Not readable as JSON at byte ${at} of the line: ${reason}.` });
    }
    const typeFault = reader.readType(scanner.tape);
    if (typeFault !== undefined) return this.unusable(typeFault);
    if (!this.wants(reader.dataset)) return 'otherType';
    const ledgerFault = reader.readLedger(scanner.tape);
    return ledgerFault === undefined ? 'message' : this.unusable(ledgerFault, reader.dataset);
  }

  private unusable(fault: MessageFault, dataset?: string): LineClass {
    this.fault = fault;
    this.dataset = dataset;
    return 'unusable';
  }
}
