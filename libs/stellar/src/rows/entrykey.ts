import type { ContractDataEntry, LedgerEntryData } from '../xdr/types';

/** Width of a type number, an account id and a 32-byte hash in XDR. */
const TYPE = 4;
const ACCOUNT = 36;
const HASH = 32;
/** Width of an asset by its type: native, credit of 4 and of 12 characters, pool share. */
const ASSET_WIDTHS = [TYPE, TYPE + 4 + ACCOUNT, TYPE + 12 + ACCOUNT, TYPE + HASH];

/**
 * LedgerKey XDR of an entry, one character per byte, so that strings sort like bytes. Most entries begin with their
 * key's type and fields.
 */
export function entryKey(bytes: Buffer, data: LedgerEntryData): string {
  const start = data.xdrStart;
  switch (data.type) {
    case 'account':
      return bytes.toString('latin1', start, start + TYPE + ACCOUNT);
    case 'trustline': {
      const width = ASSET_WIDTHS[bytes.readUInt32BE(start + TYPE + ACCOUNT)] ?? 0;
      return bytes.toString('latin1', start, start + TYPE + ACCOUNT + width);
    }
    case 'offer':
      return bytes.toString('latin1', start, start + TYPE + ACCOUNT + 8);
    case 'data': {
      const name = bytes.readUInt32BE(start + TYPE + ACCOUNT);
      return bytes.toString('latin1', start, start + TYPE + ACCOUNT + 4 + ((name + 3) & ~3));
    }
    case 'claimableBalance':
      return bytes.toString('latin1', start, start + TYPE + TYPE + HASH);
    case 'liquidityPool':
    case 'ttl':
      return bytes.toString('latin1', start, start + TYPE + HASH);
    case 'configSetting':
      return bytes.toString('latin1', start, start + TYPE + TYPE);
    case 'contractData': {
      // An extension point separates the type from the key's fields.
      const { val } = data.value as ContractDataEntry;
      return (
        bytes.toString('latin1', start, start + TYPE) +
        bytes.toString('latin1', start + TYPE + TYPE, val.xdrStart)
      );
    }
    case 'contractCode': {
      // Here, too, and this extension may have content.
      const at = start + TYPE + (bytes.readUInt32BE(start + TYPE) === 0 ? TYPE : CODE_EXT);
      return bytes.toString('latin1', start, start + TYPE) + bytes.toString('latin1', at, at + HASH);
    }
  }
}

/** Version 1 of a contract code's extension: version, extension point, cost inputs (an extension point, 10 counts). */
const CODE_EXT = TYPE + TYPE + TYPE + 10 * 4;
