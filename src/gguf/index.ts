/** @file GGUF, the file format of llama.cpp: header, metadata, quantised blocks; read and written. No tensors. */

export { dequantise, isQuantised, quantise } from './codec.ts';
export { damaged, unsupported } from './damage.ts';
export { ALIGNMENT, bytesOf, encodeHeader, type TensorForm } from './encode.ts';
export { type EncodingName, encodingNamed } from './encodings.ts';
export { GgufFile, isGguf, readGgufMetadata } from './file.ts';
export { aligned, type GgufTensor } from './header.ts';
export { Metadata, shortestDecimal, type TypedValue, type TypedValues } from './metadata.ts';
