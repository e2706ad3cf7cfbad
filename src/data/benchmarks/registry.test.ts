import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../errors.ts';
import { codeTestsSchema } from '../../grading/sandbox/tests.ts';
import { requireInstruction } from '../../grading/verify/instructions/index.ts';
import { benchmarkItems } from './read.ts';
import { BENCHMARK_NAMES, BENCHMARKS, benchmarkOf } from './registry.ts';
import { FIXTURES, rowsOf } from './testing.ts';

const itemsOf = (name: string, seed = 1) =>
  benchmarkItems(benchmarkOf(name), rowsOf(...FIXTURES[name]!), { seed });

describe('BENCHMARKS', () => {
  it('have rows to be tested with, and names of their own', () => {
    expect(Object.keys(FIXTURES).sort()).toEqual([...BENCHMARK_NAMES].sort());
    expect(new Set(BENCHMARK_NAMES).size).toBe(BENCHMARKS.length);
  });

  it.each(BENCHMARKS.map((benchmark) => [benchmark.name, benchmark] as const))(
    '%s reads its rows into prompts its verifier can score',
    (name, { verifier }) => {
      const items = itemsOf(name);
      expect(items).toHaveLength(FIXTURES[name]!.length);
      for (const { prompt, question } of items) {
        expect(prompt).toMatchObject({ task: name, id: expect.stringMatching(`^${name}/`) });
        expect(prompt.text).toContain(question.trim());
        if (verifier === 'math') expect(prompt.answer).toMatch(/\S/u);
        if (verifier === 'choice') expect(prompt.answer).toMatch(/^[A-J]$/u);
        if (verifier === 'code') codeTestsSchema.parse(prompt.meta);
        if (verifier === 'instructions') {
          const instructions = prompt.meta!.instructions as unknown as Parameters<
            typeof requireInstruction
          >[0][];
          instructions.forEach(requireInstruction);
        }
        expect(JSON.parse(JSON.stringify(prompt))).toEqual(prompt);
      }
    },
  );

  it.each(BENCHMARKS.map((benchmark) => [benchmark.name, benchmark] as const))(
    '%s names place and column of a row without its columns, and of wrong types',
    (name, benchmark) => {
      const options = { seed: 1 };
      const nothing = rowsOf({ other: 1 });
      expect(() => benchmarkItems(benchmark, nothing, options)).toThrow(UserError);
      expect(() => benchmarkItems(benchmark, nothing, options)).toThrow(
        /rows\.jsonl:1: column .* is missing or empty \(columns present: other\)\n/,
      );
      const row = FIXTURES[name]![0]!;
      const numbers = rowsOf(Object.fromEntries(Object.keys(row).map((column) => [column, { a: 1 }])));
      expect(() => benchmarkItems(benchmark, numbers, options)).toThrow(UserError);
      expect(() => benchmarkItems(benchmark, numbers, options)).toThrow(/rows\.jsonl:1: column/);
    },
  );

  it('take k from the paper where it has one', () => {
    const stated = BENCHMARKS.filter(({ samples }) => samples !== null).map(({ name, samples }) => [
      name,
      samples,
    ]);
    expect(Object.fromEntries(stated)).toEqual({
      'aime-2024': 64,
      'aime-2025': 64,
      'math-500': 16,
      'gpqa-diamond': 64,
      livecodebench: 8,
    });
  });

  it('name what there is for a name that is none', () => {
    expect(() => benchmarkOf('gsm9k')).toThrow(/no benchmark is named "gsm9k"\n.*aime-2024, .*gsm8k/);
  });

  it('stand in the table of docs/data.md as they are', () => {
    const page = readFileSync(new URL('../../../docs/data.md', import.meta.url), 'utf8');
    for (const { name, title, verifier, samples, expects } of BENCHMARKS) {
      const columns = expects.columns.map((column) => `\`${column.replaceAll('|', '` or `')}\``).join(', ');
      expect(page).toContain(
        `| \`${name}\` | ${title} | ${columns} | ${expects.source} | \`${verifier}\` | ${samples ?? '–'} |`,
      );
    }
  });
});
