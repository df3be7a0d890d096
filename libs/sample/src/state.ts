import { xdr } from '@stellar/stellar-base';
import { NO_EXTENSION, sha256 } from './values';

/** Number of ledgers that a contract data entry lives after its last use. */
const LIFETIME = 120_960;

/**
 * The entries of the ledger and the changes for a transaction's meta. The old state of the entry precedes each update
 * or removal, as stellar-core writes them.
 */
export class LedgerState {
  /** The ledger that is being closed. */
  sequence = 0;
  private readonly entries = new Map<string, xdr.LedgerEntry>();
  private bytes = 0;

  /** Size of all contract data in bytes. */
  get sorobanBytes(): number {
    return this.bytes;
  }

  /** The entry's data, if it exists. */
  get(key: xdr.LedgerKey): xdr.LedgerEntryData | undefined {
    return this.entries.get(key.toXDR('base64'))?.data();
  }

  /** Creates or updates an entry. */
  put(data: xdr.LedgerEntryData): xdr.LedgerEntryChange[] {
    const id = keyOf(data).toXDR('base64');
    const before = this.entries.get(id);
    const entry = new xdr.LedgerEntry({
      lastModifiedLedgerSeq: this.sequence,
      data,
      ext: new xdr.LedgerEntryExt(0),
    });
    this.entries.set(id, entry);
    this.weigh(entry, 1);
    if (before === undefined) return [xdr.LedgerEntryChange.ledgerEntryCreated(entry)];
    this.weigh(before, -1);
    return [xdr.LedgerEntryChange.ledgerEntryState(before), xdr.LedgerEntryChange.ledgerEntryUpdated(entry)];
  }

  /** Creates or updates contract data; new data gets its time to live. */
  putContractData(entry: xdr.ContractDataEntry): xdr.LedgerEntryChange[] {
    const data = xdr.LedgerEntryData.contractData(entry);
    const isNew = this.get(keyOf(data)) === undefined;
    const changes = this.put(data);
    if (!isNew) return changes;
    const liveUntilLedgerSeq = this.sequence + LIFETIME;
    const ttl = new xdr.TtlEntry({ keyHash: sha256(keyOf(data).toXDR()), liveUntilLedgerSeq });
    return [...changes, ...this.put(xdr.LedgerEntryData.ttl(ttl))];
  }

  /** Removes existing contract data and its time to live. */
  removeContractData(entry: xdr.ContractDataEntry): xdr.LedgerEntryChange[] {
    const key = contractDataKey(entry);
    const ttl = xdr.LedgerKey.ttl(new xdr.LedgerKeyTtl({ keyHash: sha256(key.toXDR()) }));
    return [...this.remove(key), ...this.remove(ttl)];
  }

  private remove(key: xdr.LedgerKey): xdr.LedgerEntryChange[] {
    const id = key.toXDR('base64');
    const before = this.entries.get(id);
    if (before === undefined) return [];
    this.entries.delete(id);
    this.weigh(before, -1);
    return [xdr.LedgerEntryChange.ledgerEntryState(before), xdr.LedgerEntryChange.ledgerEntryRemoved(key)];
  }

  private weigh(entry: xdr.LedgerEntry, sign: 1 | -1): void {
    if (entry.data().switch() === xdr.LedgerEntryType.contractData())
      this.bytes += sign * entry.toXDR().length;
  }
}

/** The key of a contract data entry. */
export function contractDataKey(entry: xdr.ContractDataEntry): xdr.LedgerKey {
  return xdr.LedgerKey.contractData(
    new xdr.LedgerKeyContractData({
      contract: entry.contract(),
      key: entry.key(),
      durability: entry.durability(),
    }),
  );
}

/** A contract data entry. */
export function contractData(
  contract: xdr.ScAddress,
  key: xdr.ScVal,
  val: xdr.ScVal,
  durability: 'persistent' | 'temporary' = 'persistent',
): xdr.ContractDataEntry {
  return new xdr.ContractDataEntry({
    ext: NO_EXTENSION,
    contract,
    key,
    durability: xdr.ContractDataDurability[durability](),
    val,
  });
}

function keyOf(data: xdr.LedgerEntryData): xdr.LedgerKey {
  switch (data.switch()) {
    case xdr.LedgerEntryType.account():
      return xdr.LedgerKey.account(new xdr.LedgerKeyAccount({ accountId: data.account().accountId() }));
    case xdr.LedgerEntryType.trustline(): {
      const line = data.trustLine();
      return xdr.LedgerKey.trustline(
        new xdr.LedgerKeyTrustLine({ accountId: line.accountId(), asset: line.asset() }),
      );
    }
    case xdr.LedgerEntryType.ttl():
      return xdr.LedgerKey.ttl(new xdr.LedgerKeyTtl({ keyHash: data.ttl().keyHash() }));
    default:
      return contractDataKey(data.contractData());
  }
}
