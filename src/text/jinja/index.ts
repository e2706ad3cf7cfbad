/**
 * Jinja2 as transformers renders chat templates with it: own lexer, parser and interpreter with Python's values, and
 * bounds on time and size. Reference: Jinja2 3.1 in an immutable sandbox with trim_blocks, lstrip_blocks and loop controls.
 */
export { toValue } from './convert.ts';
export { TemplateError, TemplateLimitError, TemplateRefusal, TemplateSyntaxError } from './errors.ts';
export type { Body } from './nodes.ts';
export { parseTemplate } from './parser.ts';
export { type Rendering, renderTemplate } from './render.ts';
