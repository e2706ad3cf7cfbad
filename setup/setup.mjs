/**
 * @file The program `node setup/setup.mjs`, with which `npm run demo`, `npm test` and others begin. `aha setup` is the same
 * and calls it where dist/ is not there yet.
 */
import { SetupError, sayOn } from './report.mjs';
import { setUp } from './set-up.mjs';

const json = process.argv.includes('--json');
if (json) sayOn(process.stderr);
try {
  const { torch, addon } = await setUp();
  if (json) process.stdout.write(`${JSON.stringify({ torch, addon })}\n`);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  const { message } = error;
  process.stderr.write(json ? `${JSON.stringify({ error: { message } })}\n` : `\nsetup: ${message}\n`);
  process.exitCode = error.exitCode;
}
