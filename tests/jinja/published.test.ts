/**
 * Published chat templates render as Jinja2 renders them: plain conversations, thoughts, tools and their results.
 *
 * Three templates stand in tests/reference/chat-templates. The others are known by their hash: `npm run test:long` with
 * AHA_TEMPLATES=folder reads them from the unpacked packages that chat-templates.json names.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  parseTemplate,
  renderTemplate,
  TemplateError,
  TemplateSyntaxError,
  toValue,
} from '../../src/text/jinja/index.ts';
import { LONG } from '../support/long.ts';
import { requirement } from '../support/requirement.ts';
import { CONVERSATIONS } from './conversations.ts';
import { jinja2, NOW, renderWithJinja2 } from './jinja2.ts';
import { hash, type Published, RECORDING, REFERENCE, templatesBelow } from './published.ts';

const recording = JSON.parse(readFileSync(RECORDING, 'utf8')) as Published;

function render(source: string, variables: { readonly [name: string]: unknown }): string | null {
  try {
    const values = Object.entries(variables).map(([name, value]) => [name, toValue(value)] as const);
    return renderTemplate(parseTemplate(source), new Map(values), { now: NOW, timeLimit: 5_000 }).text;
  } catch (error) {
    if (error instanceof TemplateError || error instanceof TemplateSyntaxError) return null;
    throw error;
  }
}

/** Hashes of the outputs by conversation, ours or those recorded. */
function hashes(outputs: readonly (string | null)[]): { readonly [conversation: string]: string | null } {
  return Object.fromEntries(outputs.map((output, i) => [recording.conversations[i]!, output]));
}

function compare(folder: string): number {
  const known = templatesBelow(folder).filter(
    ({ source }) => recording.templates[hash(source)] !== undefined,
  );
  for (const { file, source } of known) {
    const outputs = CONVERSATIONS.map(([, variables]) => render(source, variables));
    const ours = outputs.map((output) => (output === null ? null : hash(output)));
    expect(hashes(ours), file).toEqual(hashes(recording.templates[hash(source)]!.outputs));
  }
  return known.length;
}

const stored = path.join(REFERENCE, 'chat-templates');

describe('published chat templates', () => {
  it('are recorded on the conversations of this test', () => {
    expect(CONVERSATIONS.map(([name]) => name)).toEqual(recording.conversations);
  });

  it('render as recorded', () => {
    expect(compare(stored)).toBe(3);
  });
});

const folder = process.env.AHA_TEMPLATES;
const packages = requirement(
  LONG && folder === undefined
    ? `AHA_TEMPLATES names no folder with the unpacked packages ${recording.packages.join(', ')}`
    : LONG
      ? null
      : 'npm run test:long only',
);

describe.skipIf(packages.missing)(`chat templates of other packages${packages.note}`, () => {
  it('render as recorded', () => {
    expect(compare(folder!)).toBeGreaterThan(0);
  });
});

const python = requirement(
  LONG
    ? jinja2 === null
      ? 'python3 has no package jinja2 (pip install jinja2)'
      : null
    : 'npm run test:long only',
);

describe.skipIf(python.missing)(`chat templates and Jinja2 of this machine${python.note}`, () => {
  it('render alike', () => {
    const templates = templatesBelow(folder ?? stored);
    const cases = templates.flatMap(({ file, source }) =>
      CONVERSATIONS.map(([name, variables]) => ({ name: `${file}, ${name}`, source, variables })),
    );
    const outputs = renderWithJinja2(cases);
    for (const [i, { name, source, variables }] of cases.entries())
      expect(render(source, variables), name).toBe(outputs[i]);
  });
});
