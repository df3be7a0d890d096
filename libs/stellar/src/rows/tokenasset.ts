import { latin1 } from '../bytes';
import { Recent } from '../recent';
import { accountKeyOf } from '../strkey';
import { creditXdr, isContractOf } from './assetid';
import { type AssetText, NATIVE, creditText } from './assettext';

/** Sizes of a contract id and of the longest name, `CODE:ISSUER`. */
const CONTRACT = 32;
const NAME = 12 + 1 + 56;

/**
 * The assets behind contracts. An event names its asset; the name is trusted only when the network derives the event's
 * contract id from that asset.
 */
export class AssetContracts {
  private static readonly networks = new Map<string, AssetContracts>();
  private readonly known = new Recent(CONTRACT + NAME, (contract, name) =>
    this.prove(contract, latin1(name)),
  );

  private constructor(private readonly network: Buffer) {}

  /** The contracts of one network; kept for the life of the process. */
  static of(network: Buffer): AssetContracts {
    const key = network.toString('latin1');
    let contracts = AssetContracts.networks.get(key);
    if (contracts === undefined) AssetContracts.networks.set(key, (contracts = new AssetContracts(network)));
    return contracts;
  }

  /** The asset of a contract, by its name in an event (`native` or `CODE:ISSUER`); undefined if the id differs. */
  asset(contract: Uint8Array, name: Uint8Array): AssetText | undefined {
    return this.known.get(contract, name);
  }

  private prove(contract: Uint8Array, name: string): AssetText | undefined {
    const asset = canonicalAsset(name);
    return asset !== undefined && isContractOf(asset.xdr, contract, this.network) ? asset.text : undefined;
  }
}

/** An asset from `native` or `CODE:ISSUER`, with its XDR. */
function canonicalAsset(text: string): { readonly text: AssetText; readonly xdr: Buffer } | undefined {
  if (text === 'native') return { text: NATIVE, xdr: Buffer.alloc(4) };
  const [code = '', issuer = '', ...more] = text.split(':');
  const key = more.length === 0 && /^[a-zA-Z0-9]{1,12}$/.test(code) ? accountKeyOf(issuer) : undefined;
  if (key === undefined) return undefined;
  const padded = Buffer.alloc(code.length <= 4 ? 4 : 12);
  padded.write(code, 'latin1');
  return { text: creditText(padded, key), xdr: creditXdr(padded, key) };
}
