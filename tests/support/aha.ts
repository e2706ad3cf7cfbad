/** The command line from source, for tests that run it as a process of its own. */
import { main } from '../../src/app/cli/main.ts';

process.exitCode = await main(process.argv.slice(2));
