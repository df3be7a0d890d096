// Prints why tests were skipped and, as the last line, `N passed, N failed, N skipped`; exits 1 when the run was not good.
import { readFileSync } from 'node:fs';

const [file, status] = process.argv.slice(2);
let report;
try {
  report = JSON.parse(readFileSync(file, 'utf8'));
} catch {
  console.log('The test run left no report.');
  console.log('0 passed, 1 failed, 0 skipped');
  process.exit(1);
}
for (const suite of report.testResults)
  for (const test of suite.assertionResults)
    if (test.status === 'pending' || test.status === 'todo') console.log(`skipped: ${test.fullName}`);
const broken = report.testResults.filter(
  (suite) => suite.status === 'failed' && suite.assertionResults.length === 0,
).length;
const failed = report.numFailedTests + broken;
const skipped = report.numPendingTests + report.numTodoTests;
console.log(`${report.numPassedTests} passed, ${failed} failed, ${skipped} skipped`);
process.exit(status === '0' && failed === 0 && report.numPassedTests > 0 ? 0 : 1);
