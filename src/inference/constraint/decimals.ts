/** @file Numbers of a schema as exact integers of a unit. */

/**
 * How many units a number is, rounded down, and whether it is a whole number of them.
 * @param places - a unit is 10^-places
 */
export function inUnits(
  value: number,
  places: number,
): { readonly floor: bigint; readonly isExact: boolean } {
  const [digits, power] = value.toExponential().split('e') as [string, string];
  const [whole, fraction = ''] = digits.replace('-', '').split('.') as [string, string?];
  const significant = BigInt(whole + fraction) * (value < 0 ? -1n : 1n);
  const shift = Number(power) - fraction.length + places;
  if (shift >= 0) return { floor: significant * 10n ** BigInt(shift), isExact: true };
  const divisor = 10n ** BigInt(-shift);
  const isExact = significant % divisor === 0n;
  // Division of bigints rounds towards zero.
  return { floor: significant / divisor - (isExact || significant > 0n ? 0n : 1n), isExact };
}

const buffer = new DataView(new ArrayBuffer(8));

/** The next larger double. */
export function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  buffer.setFloat64(0, value);
  buffer.setBigInt64(0, buffer.getBigInt64(0) + (value > 0 ? 1n : -1n));
  return buffer.getFloat64(0);
}

/** The next smaller double. */
export const nextDown = (value: number): number => -nextUp(-value);
