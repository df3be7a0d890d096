import { describe } from './describe';
import { PATH_MEMBERS, putPath } from './path';

export const pathPaymentStrictSend = describe<'pathPaymentStrictSend'>({
  code: 13,
  name: 'path_payment_strict_send',
  members: [...PATH_MEMBERS, 'destination_min'],
  fill(details, body, at) {
    putPath(details, body, at);
    details['source_amount'] = body.sendAmount;
    details['destination_min'] = body.destMin;
    const success = at.transaction.successful ? at.success<'pathPaymentStrictSend'>() : undefined;
    details['amount'] = success?.last.amount ?? 0n;
  },
});
