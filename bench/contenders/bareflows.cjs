// The least that Temporal asks for a partition: a child workflow with five activities that do nothing, one after the
// other, and a parent that keeps a number of children running.
const { executeChild, proxyActivities, workflowInfo } = require('@temporalio/workflow');

const { step } = proxyActivities({ startToCloseTimeout: '1m' });

exports.bareChild = async function bareChild(index) {
  for (let number = 0; number < 5; number += 1) await step(index, number);
};

exports.bareParent = async function bareParent({ children, concurrency }) {
  const { workflowId } = workflowInfo();
  let next = 0;
  const lane = async () => {
    while (next < children) {
      const index = next++;
      await executeChild('bareChild', { workflowId: `${workflowId}/${index}`, args: [index] });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
};
