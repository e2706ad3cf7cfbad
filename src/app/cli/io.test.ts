import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('ends a program quietly, and with an error status, when nobody reads what it writes', () => {
  const io = fileURLToPath(new URL('./io.ts', import.meta.url));
  const program = `
    const { exitWhenClosed } = await import(${JSON.stringify(io)});
    exitWhenClosed(process.stdout);
    setInterval(() => process.stdout.write('line\\n'.repeat(1000)), 1);`;
  const command = `"$1" --import tsx --input-type=module --eval "$2" | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', command, 'bash', process.execPath, program], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(stdout).toBe('line\n141\n');
  expect(stderr).toBe('');
});
