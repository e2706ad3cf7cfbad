/** @file The program that brings dist/ up to date and needs no libtorch: `npm pack` begins with it. */
import { compileSources } from './compile.mjs';
import { withSetupLock } from './lock.mjs';
import { installPackages } from './packages.mjs';
import { compilePage } from './page.mjs';
import { SetupError, sayOn } from './report.mjs';

// What npm pack prints on its standard output is the tarball's name.
sayOn(process.stderr);
try {
  await withSetupLock(async () => {
    await installPackages();
    await compileSources();
    await compilePage();
  });
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`\nsetup: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
