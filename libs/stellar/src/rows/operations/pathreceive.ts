import { describe } from './describe';
import { PATH_MEMBERS, putPath, sentAmount } from './path';

export const pathPaymentStrictReceive = describe<'pathPaymentStrictReceive'>({
  code: 2,
  name: 'path_payment_strict_receive',
  members: [...PATH_MEMBERS, 'source_max'],
  fill(details, body, at) {
    putPath(details, body, at);
    details['amount'] = body.destAmount;
    details['source_max'] = body.sendMax;
    const success = at.transaction.successful ? at.success<'pathPaymentStrictReceive'>() : undefined;
    details['source_amount'] = success === undefined ? 0n : sentAmount(success);
  },
});
