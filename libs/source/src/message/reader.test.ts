import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { JsonScanner } from '@parquetry/schema';
import { checkMessage } from './check';
import { type MessageFault, type MessageOptions, MessageReader } from './reader';

const scanner = new JsonScanner();

/** `dataset ledger time`, with the reject code in place of the part that fails. */
function place(text: string, options: MessageOptions = {}): string {
  const bytes = Buffer.from(text);
  if (!scanner.scan(bytes, 0, bytes.length)) throw new Error(`${text}: ${scanner.fault?.reason}`);
  const reader = new MessageReader(options);
  const type = reader.readType(scanner.tape);
  if (type !== undefined) return type.code;
  const ledger = reader.readLedger(scanner.tape);
  if (ledger !== undefined) return `${reader.dataset} ${ledger.code}`;
  const fault = checkMessage(reader, scanner.tape);
  return `${reader.dataset} ${reader.ledger} ${fault === undefined ? reader.time.text() : fault.code}`;
}

const at = '"closed_at":"2025-07-13T09:36:17Z"';
const time = '2025-07-13T09:36:17Z';

describe('message type', () => {
  it.each([
    [`{"message_type":"a","_schema":"b.c","type":"d","ledger":1,${at}}`, `a 1 ${time}`],
    [`{"_schema":"nebu.token.v1","type":"d","ledger":1,${at}}`, `nebu_token_v1 1 ${time}`],
    [`{"message_type":null,"type":"d","ledger":1,${at}}`, `d 1 ${time}`],
    [`{"type":7,"ledger":1,${at}}`, 'NO_MESSAGE_TYPE'],
    [`{"message_type":"\\u0061","ledger":1,${at}}`, `a 1 ${time}`],
    [`{"message\\u005ftype":"a","ledger":1,${at}}`, `a 1 ${time}`],
    [`{"message_type":"a","\\u0061":{"ledger":2},"ledger":1,${at}}`, `a 2 ${time}`],
    [`{"message_type":"a","message\\u005ftype":"a","ledger":1,${at}}`, 'DUPLICATE_KEY'],
    [`{"message_type":7,"type":"d","ledger":1,${at}}`, 'BAD_MESSAGE_TYPE'],
    [`{"message_type":"../etc","ledger":1,${at}}`, 'BAD_MESSAGE_TYPE'],
    [`{"message_type":"a.v2","ledger":1,${at}}`, 'BAD_MESSAGE_TYPE'],
    [`{"message_type":"","type":"d","ledger":1,${at}}`, 'BAD_MESSAGE_TYPE'],
    [`{"message_type":"a","message_type":"b","ledger":1,${at}}`, 'DUPLICATE_KEY'],
    ['[]', 'NOT_OBJECT'],
    ['5', 'NOT_OBJECT'],
    ['{}', 'NO_MESSAGE_TYPE'],
  ])('%s', (text, expected) => expect(place(text)).toBe(expected));

  it('can be set for all messages, or have a default', () => {
    expect(place(`{"message_type":"a","ledger":1,${at}}`, { messageType: 'x' })).toBe(`x 1 ${time}`);
    expect(place(`{"message_type":"a","ledger":1,${at}}`, { defaultType: 'x' })).toBe(`a 1 ${time}`);
    expect(place(`{"ledger":1,${at}}`, { defaultType: 'x' })).toBe(`x 1 ${time}`);
  });
});

describe('ledger', () => {
  it.each([
    ['"ledger_sequence":5,"ledger":6', '5'],
    ['"ledger_sequence":null,"ledger":6', '6'],
    ['"sequence":"7"', '7'],
    ['"ledger_seq":4294967295', '4294967295'],
    ['"block_height":9', '9'],
    ['"meta":{"ledgerSequence":10}', '10'],
    ['"ledgerSequence":11', '11'],
    ['"ledger":1.0', '1'],
    ['"ledger":1e3', '1000'],
    ['"ledger":4294967295.000', '4294967295'],
    ['"ledger":"\\u0037"', '7'],
    ['"ledger_\\u0073equence":8', '8'],
    ['"t":{"ledger_sequence":12},"ledger_sequence":13', '12'],
  ])('%s', (fields, ledger) => expect(place(`{"type":"t",${fields},${at}}`)).toBe(`t ${ledger} ${time}`));

  it.each([
    '0',
    '-1',
    '4294967296',
    '1.5',
    '1e10',
    '-0',
    '1e-1',
    '"1.0"',
    '"\\u0020\\u0035"',
    '1e999999999999',
    '"x"',
    '""',
    '" 5"',
    '"+5"',
    '99999999999999999999',
    'true',
    '{}',
  ])('refuses %s and does not try the next path', (value) =>
    expect(place(`{"type":"t","ledger_sequence":${value},"ledger":6,${at}}`)).toBe('t BAD_LEDGER'),
  );

  it('is refused when its key is repeated', () => {
    expect(place(`{"type":"t","ledger":6,"ledger":6,${at}}`)).toBe('t DUPLICATE_KEY');
    expect(place(`{"type":"t","ledger":6,"x":6,"x":7,${at}}`)).toBe('t 6 DUPLICATE_KEY');
  });

  it('can be configured, but must agree with the ledger column', () => {
    const ledgerPaths = { t: 'header.seq' };
    expect(place(`{"type":"t","header":{"seq":3},${at}}`, { ledgerPaths })).toBe(`t 3 ${time}`);
    expect(place(`{"type":"t","header":{"seq":3},"ledger_sequence":"3",${at}}`, { ledgerPaths })).toBe(
      `t 3 ${time}`,
    );
    expect(place(`{"type":"t","header":{"seq":3},"ledger_sequence":4,${at}}`, { ledgerPaths })).toBe(
      't LEDGER_CONFLICT',
    );
    expect(place(`{"type":"t","ledger":3,${at}}`, { ledgerPaths })).toBe('t NO_LEDGER');
    const named = `{"type":"constructor","ledger":3,${at}}`;
    expect(place(named, { ledgerPaths, closeTimePaths: {} })).toBe(`constructor 3 ${time}`);
  });
});

describe('close time', () => {
  it.each([
    ['"closed_at":"2025-07-13T11:36:17.000000000+02:00"', time],
    ['"closed_at":1752399377', time],
    ['"closed_at":"1752399377"', time],
    ['"closed_at":1752399377000', time],
    ['"closed_at":"1752399377123"', '2025-07-13T09:36:17.123000Z'],
    ['"closed_at":0', '1970-01-01T00:00:00Z'],
    ['"closed_at":1752399377.0', time],
    ['"closed_at":1.752399377e9', time],
    ['"closed_at":1752399377000.00', time],
    ['"closed_at":"\\u0031752399377"', time],
    ['"closed_at":"2025-07-13T09:36:17\\u002B00:00"', time],
    ['"closed_at":"2025-07-13T11:36:17.000000\\u002b02:00"', time],
    ['"meta":{"closedAt":"2025-07-13T09:36:17\\u005a"}', time],
    ['"closed_at":"2025-07-13T09:36:17\\u002B99:00"', 'BAD_CLOSE_TIME'],
    ['"ledger_closed_at":"2025-07-13T09:36:17Z"', time],
    ['"meta":{"closedAt":"2025-07-13T09:36:17Z"}', time],
    ['"ledger_close_time":1752399377', time],
    ['"block_timestamp":"2025-07-13T09:36:17Z"', time],
    ['"timestamp":"2025-07-13T09:36:17Z"', 'NO_CLOSE_TIME'],
    ['"closed_at":"2025-07-13T09:36:17.1234567Z"', 'TIME_PRECISION'],
    ['"closed_at":"2025-07-13T09:36:17"', 'BAD_CLOSE_TIME'],
    ['"closed_at":1752399377.5', 'BAD_CLOSE_TIME'],
    ['"closed_at":-5', 'BAD_CLOSE_TIME'],
    ['"closed_at":"0001-01-01T00:00:00Z"', 'TIME_OUT_OF_RANGE'],
    ['"closed_at":"2300-01-01T00:00:00Z"', 'TIME_OUT_OF_RANGE'],
    ['"closed_at":true', 'BAD_CLOSE_TIME'],
  ])('%s', (fields, expected) => expect(place(`{"type":"t","ledger":1,${fields}}`)).toBe(`t 1 ${expected}`));

  it('of known types is read from where their processors put it', () => {
    expect(place(`{"type":"contract","ledger":1,"timestamp":"${time}"}`)).toBe(`contract 1 ${time}`);
    expect(
      place(
        `{"message_type":"contract_data","timestamp":"2025-01-01T00:00:00Z","contract_data":{"ledger_sequence":1,${at}}}`,
      ),
    ).toBe(`contract_data 1 ${time}`);
    expect(place('{"_schema":"nebu.dex_trade.v1","ledger_sequence":1,"timestamp_unix":1752399377}')).toBe(
      `nebu_dex_trade_v1 1 ${time}`,
    );
  });

  it('can be configured, but must agree with the close time column', () => {
    const closeTimePaths = { t: 'list.1.at' };
    expect(place(`{"type":"t","ledger":1,"list":[0,{"at":1752399377}]}`, { closeTimePaths })).toBe(
      `t 1 ${time}`,
    );
    expect(place(`{"type":"t","ledger":1,"list":[0,{"at":1752399377}],${at}}`, { closeTimePaths })).toBe(
      `t 1 ${time}`,
    );
    expect(place(`{"type":"t","ledger":1,"list":[0,{"at":1752399378}],${at}}`, { closeTimePaths })).toBe(
      't 1 CLOSE_TIME_CONFLICT',
    );
  });
});

describe('missing fields', () => {
  /** The fault of a message without a type, a ledger or a close time. */
  const missing = (text: string, options: MessageOptions = {}): MessageFault | undefined => {
    const bytes = Buffer.from(text);
    scanner.scan(bytes, 0, bytes.length);
    const { tape } = scanner;
    const reader = new MessageReader(options);
    return reader.readType(tape) ?? reader.readLedger(tape) ?? checkMessage(reader, tape);
  };

  it.each([
    ['{"ledger":1}', {}, 'NO_MESSAGE_TYPE', 'message_type', 'string'],
    ['{"type":"t","ledger":null}', {}, 'NO_LEDGER', 'ledger_sequence', 'a whole number from 1 to 4294967295'],
    [
      '{"type":"t","ledger":1,"closed_at":null}',
      { closeTimePaths: { t: 'at' } },
      'NO_CLOSE_TIME',
      'closed_at',
      'RFC 3339 with an offset, or Unix seconds or milliseconds',
    ],
  ] as [string, MessageOptions, string, string, string][])(
    '%s: the reject names the column, what it accepts, and the missing value',
    (text, options, code, column, expected) =>
      expect(missing(text, options)).toMatchObject({ code, column, expected, actual: 'nothing' }),
  );
});

describe('keys', () => {
  it('that cannot name a column are refused', () => {
    expect(place(`{"type":"t","ledger":1,"\\ud800":1,${at}}`)).toBe('t 1 LONE_SURROGATE');
    expect(place(`{"type":"t","ledger":1,"t":{"${'k'.repeat(1025)}":1},${at}}`)).toBe('t 1 KEY_TOO_LONG');
    expect(place(`{"type":"t","ledger":1,"${'\\u006b'.repeat(1025)}":1,${at}}`)).toBe('t 1 KEY_TOO_LONG');
    expect(place(`{"type":"t","ledger":1,"${'\\u006b'.repeat(1024)}":1,${at}}`)).toBe(`t 1 ${time}`);
  });
});

const shapes = path.join(
  process.env['PARQUETRY_TEST_DATA'] ?? path.resolve(__dirname, '../../../../../shared/data'),
  'messages/reference-shapes.ndjson',
);
const has = existsSync(shapes);

describe('the message forms of the reference program', () => {
  (has ? it : it.skip)(
    `are accepted or rejected, each with its reason${has ? '' : ' (test data is absent)'}`,
    () => {
      const lines = readFileSync(shapes, 'utf8').trimEnd().split('\n');
      // No discriminator inside the message: their processors name the type outside of it. --message-type does here.
      const untyped = 'NO_MESSAGE_TYPE';
      expect(lines.map((line) => place(line))).toEqual([
        `contract 426007 ${time}`,
        `stellar_contract_events 426007 ${time}`,
        `stellar_effects 426007 ${time}`,
        untyped, // contract_invocation
        untyped, // extracted_contract_invocation
        untyped, // contract_creation
        `payment 426007 ${time}`,
        'create_account NO_LEDGER',
        untyped, // event_payment
        'trade NO_LEDGER',
        `trustline 426007 ${time}`,
        untyped, // account_data
        untyped, // account_effect
        'stellar 426007 NO_CLOSE_TIME', // account_transaction: `type` is the kind of transaction
        untyped, // ledger
        untyped, // ledger_change
        `operation 58125251 ${time}`,
        `claimable_balance 426007 ${time}`,
        untyped, // asset
        'credit_alphanum4 NO_LEDGER', // asset statistics: `type` is the kind of asset
        'ticker_asset NO_LEDGER',
        untyped, // ticker_orderbook
        'token_price NO_LEDGER',
        `network_metrics 426007 ${time}`,
        `new_pair 426007 ${time}`,
        `sync 426007 ${time}`,
        `swap 426007 ${time}`,
        untyped, // kale_block
        `phoenix_amm 426007 ${time}`,
        untyped, // transaction_xdr
        untyped, // participants
        untyped, // wallet_backend
        'contract NO_LEDGER', // an RPC event without ledger and time
      ]);
      const forced = (line: number, messageType: string) => place(lines[line - 1] as string, { messageType });
      expect([
        forced(4, 'contract_invocation'),
        forced(5, 'extracted_contract_invocation'),
        forced(6, 'contract_creation'),
        forced(9, 'event_payment'),
        forced(12, 'account_data'),
        forced(13, 'account_effect'),
        forced(14, 'account_transaction'),
        forced(15, 'ledger'),
        forced(16, 'ledger_change'),
        forced(19, 'asset'),
        forced(30, 'transaction_xdr'),
        forced(31, 'participants'),
        forced(32, 'wallet_backend'),
      ]).toEqual([
        `contract_invocation 84191 ${time}`,
        'extracted_contract_invocation 58125251 2025-06-23T14:24:23Z',
        `contract_creation 426007 ${time}`,
        `event_payment 426007 ${time}`,
        `account_data 426007 ${time}`,
        `account_effect 426007 ${time}`,
        `account_transaction 426007 ${time}`,
        `ledger 426007 ${time}`,
        `ledger_change 426007 ${time}`,
        `asset 426007 ${time}`,
        `transaction_xdr 426007 ${time}`,
        `participants 426007 ${time}`,
        'wallet_backend 426007 NO_CLOSE_TIME', // its only time is a processing time
      ]);
    },
  );
});
