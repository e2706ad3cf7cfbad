/** @file Response formats compiled apart from the models. */
export { FormatCompiler, type NamedFormat } from './compiler.ts';
export { formatSource } from './source.ts';
