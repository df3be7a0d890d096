import { type Asset, xdr } from '@stellar/stellar-base';
import { SigningKeys } from './keys';
import type { SeededRandom } from './random';
import { int64, NO_EXTENSION, uint64 } from './values';

/** An account of the sample network, with its trust line to the sample dollar. Amounts are in stroops. */
export class Account {
  readonly keys: SigningKeys;
  readonly id: string;
  balance: bigint;
  dollars: bigint;
  sequence: bigint;
  private sequenceLedger = 0;
  private sequenceTime = 0n;

  constructor(random: SeededRandom, firstLedger: number) {
    this.keys = new SigningKeys(random.bytes(32));
    this.id = this.keys.publicKey();
    this.balance = random.between(50_000_0000000n, 900_000_0000000n);
    this.dollars = random.between(10_000_0000000n, 90_000_0000000n);
    this.sequence = BigInt(firstLedger) << 32n;
  }

  /** The account as the source or destination of an operation. */
  muxed(): xdr.MuxedAccount {
    return xdr.MuxedAccount.keyTypeEd25519(this.keys.rawPublicKey());
  }

  /** Uses up a sequence number, as the network does before it applies a transaction. */
  consume(sequence: bigint, ledger: number, closeTime: bigint): void {
    this.sequence = sequence;
    this.sequenceLedger = ledger;
    this.sequenceTime = closeTime;
  }

  /** The account entry as it is now. */
  entry(): xdr.LedgerEntryData {
    const used = new xdr.AccountEntryExtensionV3({
      ext: NO_EXTENSION,
      seqLedger: this.sequenceLedger,
      seqTime: uint64(this.sequenceTime),
    });
    const sponsoring = new xdr.AccountEntryExtensionV2({
      numSponsored: 0,
      numSponsoring: 0,
      signerSponsoringIDs: [],
      ext: new xdr.AccountEntryExtensionV2Ext(3, used),
    });
    const liabilities = new xdr.AccountEntryExtensionV1({
      liabilities: new xdr.Liabilities({ buying: int64(0n), selling: int64(0n) }),
      ext: new xdr.AccountEntryExtensionV1Ext(2, sponsoring),
    });
    return xdr.LedgerEntryData.account(
      new xdr.AccountEntry({
        accountId: this.keys.xdrAccountId(),
        balance: int64(this.balance),
        seqNum: int64(this.sequence) as xdr.SequenceNumber,
        numSubEntries: 1,
        inflationDest: null,
        flags: 0,
        homeDomain: '',
        thresholds: Buffer.of(1, 0, 0, 0),
        signers: [],
        ext: new xdr.AccountEntryExt(1, liabilities),
      }),
    );
  }

  /** The trust line entry as it is now. */
  trustLine(asset: Asset): xdr.LedgerEntryData {
    return xdr.LedgerEntryData.trustline(
      new xdr.TrustLineEntry({
        accountId: this.keys.xdrAccountId(),
        asset: asset.toTrustLineXDRObject(),
        balance: int64(this.dollars),
        limit: int64(2n ** 63n - 1n),
        flags: 1,
        ext: new xdr.TrustLineEntryExt(0),
      }),
    );
  }

  /** The key of the trust line. */
  trustLineKey(asset: Asset): xdr.LedgerKey {
    return xdr.LedgerKey.trustline(
      new xdr.LedgerKeyTrustLine({
        accountId: this.keys.xdrAccountId(),
        asset: asset.toTrustLineXDRObject(),
      }),
    );
  }
}
