/**
 * @file JavaScript as QuickJS runs it here: module syntax as a script, and test code without async functions. Those
 * esbuild writes as functions that make a Promise, which the sandbox can watch for rejections nobody handles. Only test
 * code is given to esbuild, never a program.
 */
import { transform } from 'esbuild';

const ASYNC = /\b(?:async|await)\b/u;
const AWAIT = /\bawait\b/u;
const UNSUPPORTED = { 'async-await': false, 'async-generator': false, 'for-await': false };

/** ES module syntax as the function calls it stands for; the exports stay top-level names. */
export function asScript(code: string): string {
  return code
    .replace(/^#!.*/u, '')
    .replaceAll(/^export\s+(?:default\s+)?(?=(?:async|function|class|const|let|var)\b)/gmu, '')
    .replaceAll(
      /^import\s+(?:\*\s+as\s+)?([\w$]+|\{[^{}]*\})\s+from\s+(['"][^'"]+['"])/gmu,
      (_all, names, from) => {
        return `const ${String(names).replaceAll(/\bas\b/gu, ':')} = require(${from})`;
      },
    );
}

/**
 * Test code as a script, with its async functions written as promises, its `await` at the top inside one of them; null where it
 * cannot be parsed.
 */
export async function lowered(code: string): Promise<string | null> {
  const plain = asScript(code);
  if (!ASYNC.test(plain)) return plain;
  const script = AWAIT.test(plain) ? `(async () => {\n${plain}\n})()` : plain;
  try {
    const options = { loader: 'js', target: 'esnext', supported: UNSUPPORTED, logLevel: 'silent' } as const;
    return (await transform(script, options)).code;
  } catch {
    return null;
  }
}
