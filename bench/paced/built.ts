/** @file The package as it is installed: TypeScript run as it stands costs more than what it compiles to. */

/** A module of dist/, by its path in src/ without the extension. */
export function built<T>(module: string): Promise<T> {
  return import(new URL(`../../dist/${module}.js`, import.meta.url).href) as Promise<T>;
}
