import { MuxedAccount, Account, StrKey } from '@stellar/stellar-base';
import fc from 'fast-check';
import {
  STRKEY,
  accountStrkey,
  claimableBalanceStrkey,
  contractStrkey,
  muxedStrkey,
  signedPayloadStrkey,
  strkey,
} from './strkey';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('strkey', () => {
  it('equals stellar-base for every kind of key', () => {
    fc.assert(
      fc.property(key, (bytes) => {
        const buffer = Buffer.from(bytes);
        expect(accountStrkey(bytes)).toBe(StrKey.encodeEd25519PublicKey(buffer));
        expect(contractStrkey(bytes)).toBe(StrKey.encodeContract(buffer));
        expect(strkey(STRKEY.preAuthTx, bytes)).toBe(StrKey.encodePreAuthTx(buffer));
        expect(strkey(STRKEY.hashX, bytes)).toBe(StrKey.encodeSha256Hash(buffer));
        expect(strkey(STRKEY.liquidityPool, bytes)).toBe(StrKey.encodeLiquidityPool(buffer));
        expect(claimableBalanceStrkey(bytes)).toBe(
          StrKey.encodeClaimableBalance(Buffer.concat([Buffer.of(0), buffer])),
        );
      }),
    );
  });

  it('equals stellar-base for muxed accounts and signed payloads', () => {
    fc.assert(
      fc.property(
        key,
        fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        (ed25519, id, payload) => {
          const base = new Account(accountStrkey(ed25519), '0');
          expect(muxedStrkey({ id, ed25519 })).toBe(new MuxedAccount(base, String(id)).accountId());
          const padded = Buffer.alloc((payload.length + 3) & ~3);
          padded.set(payload);
          const length = Buffer.of(0, 0, 0, payload.length);
          expect(signedPayloadStrkey({ ed25519, payload })).toBe(
            StrKey.encodeSignedPayload(Buffer.concat([ed25519, length, padded])),
          );
        },
      ),
    );
  });

  it('accepts payloads of any length, as in transaction signers', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (payload) => {
        const text = accountStrkey(payload);
        expect(text).toMatch(/^[A-Z2-7]+$/);
        expect(text.length).toBe(Math.ceil(((payload.length + 3) * 8) / 5));
      }),
    );
  });
});
