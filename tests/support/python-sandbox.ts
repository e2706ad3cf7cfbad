/** Whether Python programs can be run here. The set-up installs bubblewrap; some containers let nobody build a sandbox. */
import { pythonSandbox } from '../../src/grading/sandbox/index.ts';

/** Why tests of Python programs are skipped, to follow their titles; '' where they are run. */
export const PYTHON_SKIPPED: string = await pythonSandbox().then(
  () => '',
  (error: Error) => ` (not run: ${error.message})`,
);
