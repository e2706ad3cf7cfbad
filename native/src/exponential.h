// eˣ of 16 lanes, as Sleef's expf with 1.0 ULP computes it, which torch uses too. Included by the files of each-processor.h.

AHA_INLINE Floats load(const float* from) {
  Floats values;
  std::memcpy(&values, from, sizeof(values));
  return values;
}

AHA_INLINE void store(float* to, const Floats& values) { std::memcpy(to, &values, sizeof(values)); }

AHA_INLINE Floats each(float value) { return value - Floats{}; }

/** 2ⁿ for −127 < n < 128. */
AHA_INLINE Floats powerOfTwo(const Ints& n) { return (Floats)((n + 127) << 23); }

AHA_INLINE Floats exponential(const Floats& x) {
  // x = n ln 2 + u, and n is found by adding what has no digits behind the point.
  constexpr float ROUNDER = 12582912.0f;
  const Floats n = (x * each(1.442695040888963407f) + ROUNDER) - ROUNDER;
  const Ints whole = __builtin_convertvector(n, Ints);
  Floats u = fused(n, each(-0.693145751953125f), x);
  u = fused(n, each(-1.428606765330187045e-06f), u);
  Floats series = each(0.000198527617612853646278381f);
  series = fused(series, u, each(0.00139304355252534151077271f));
  series = fused(series, u, each(0.00833336077630519866943359f));
  series = fused(series, u, each(0.0416664853692054748535156f));
  series = fused(series, u, each(0.166666671633720397949219f));
  series = fused(series, u, each(0.5f));
  u = 1.0f + fused(u * u, series, u);
  const Ints half = whole >> 1;
  u = u * powerOfTwo(half) * powerOfTwo(whole - half);
  u = x < -104.0f ? each(0.0f) : u;
  return x > 100.0f ? each(__builtin_inff()) : u;
}
