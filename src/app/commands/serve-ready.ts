/** @file Message of `aha serve` once it takes requests. */
import { KEY_VARIABLE } from '../../serving/access/index.ts';
import type { Access, ModelInfo } from '../../serving/index.ts';
import { shellCommand } from '../cli/shell.ts';

export interface Ready {
  readonly url: string;
  readonly era: string;
  readonly access: Access;
  readonly models: readonly ModelInfo[];
}

/** One line for programs. */
export function readyJson({ url, era, access, models }: Ready): string {
  return `${JSON.stringify({ url, era, keyRequired: access.required, models })}\n`;
}

/** Address, models, keys and a request to try. */
export function readyText({ url, era, access, models }: Ready): string {
  const width = Math.max(...models.map(({ id }) => id.length));
  const lines = models.map(({ id, architecture, parameters, dtype, device, context, graphs }) => {
    const size = `${counted(parameters)} parameters`;
    const recorded = graphs === 0 ? '' : `, ${graphs} CUDA graphs recorded`;
    return `  ${id.padEnd(width)}  ${architecture}, ${size}, ${dtype} on ${device}, context ${context}${recorded}`;
  });
  const keys = access.required ? 'every request needs an API key' : 'no key is needed';
  return [
    `serving at ${url} (era ${era}; ${keys})`,
    ...lines,
    `try:`,
    `  ${tryIt(url, models[0]!, access.required)}`,
    'Ctrl-C stops the server after the running replies.',
    '',
  ].join('\n');
}

function tryIt(url: string, { id, examples }: ModelInfo, withKey: boolean): string {
  // A question that the vocabulary can spell: others may be nothing but unknown tokens to a small model.
  const content = examples[0] ?? 'What is 2 + 3?';
  const body = { model: id, messages: [{ role: 'user', content }] };
  const address = url.replace('://0.0.0.0:', '://127.0.0.1:').replace('://[::]:', '://[::1]:');
  // Double quotes, unlike the others: the shell is to put the key in.
  const key = withKey ? ` -H "authorization: Bearer $${KEY_VARIABLE}"` : '';
  return (
    shellCommand(['curl', `${address}/v1/chat/completions`, '-H', 'content-type: application/json']) +
    `${key} ${shellCommand(['-d', JSON.stringify(body)])}`
  );
}

/** 1234567 as 1.2M. */
function counted(n: number): string {
  const [unit, size] = n >= 1e9 ? ['B', 1e9] : n >= 1e6 ? ['M', 1e6] : n >= 1e3 ? ['k', 1e3] : ['', 1];
  const value = n / Number(size);
  return `${value >= 100 || unit === '' ? Math.round(value) : value.toFixed(1)}${unit}`;
}
