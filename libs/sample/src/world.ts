import { Asset, Keypair, StrKey } from '@stellar/stellar-base';
import { Account } from './account';
import { SigningKeys } from './keys';
import { SeededRandom } from './random';
import { LedgerState } from './state';
import { sha256 } from './values';

const ACCOUNTS = 24;

/** Everything that a transaction of the sample network can use. */
export class World {
  readonly random: SeededRandom;
  readonly state = new LedgerState();
  readonly networkId: Buffer;
  /** Signs the ledgers' values. */
  readonly validator: SigningKeys;
  readonly accounts: readonly Account[];
  /** The sample dollar, a classic asset with an asset contract. */
  readonly dollar: Asset;
  /** Contracts (C…): of the native asset, of the dollar, a token with 18 decimals, a vault, a price feed. */
  readonly contracts: Readonly<Record<'native' | 'dollar' | 'token' | 'vault' | 'prices', string>>;
  /** Hash of the code that the token and the price feed run. */
  readonly code: Buffer;
  /** Token balances by holder, 18 decimals; those without an entry are not in the map. */
  readonly tokens = new Map<string, bigint>();
  tokenSupply = 0n;
  vaultDollars = 0n;
  /** The amount that this ledger's withdrawals will take from the vault. */
  vaultReserved = 0n;
  /** Rounds of the price feed so far. */
  rounds = 0n;

  constructor(
    readonly network: string,
    seed: string,
    readonly firstLedger: number,
  ) {
    this.random = new SeededRandom(`${seed}/${network}`);
    this.networkId = sha256(Buffer.from(network));
    this.validator = new SigningKeys(this.random.bytes(32));
    const issuer = Keypair.fromRawEd25519Seed(this.random.bytes(32));
    this.dollar = new Asset('SUSD', issuer.publicKey());
    this.contracts = {
      native: Asset.native().contractId(network),
      dollar: this.dollar.contractId(network),
      token: StrKey.encodeContract(this.random.bytes(32)),
      vault: StrKey.encodeContract(this.random.bytes(32)),
      prices: StrKey.encodeContract(this.random.bytes(32)),
    };
    this.code = this.random.bytes(32);
    this.state.sequence = firstLedger - 1;
    this.accounts = Array.from({ length: ACCOUNTS }, () => new Account(this.random, firstLedger - 1));
    for (const account of this.accounts) {
      this.state.put(account.entry());
      this.state.put(account.trustLine(this.dollar));
    }
  }

  /** A different account from this one. */
  other(account: Account): Account {
    for (;;) {
      const found = this.random.pick(this.accounts);
      if (found !== account) return found;
    }
  }
}
