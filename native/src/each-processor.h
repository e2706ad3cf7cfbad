// Compiles the file AHA_CODE three times, in the namespaces plain, avx2 and avx512: for any processor, for those with AVX2 and
// FMA, and for those with AVX-512.
//
// Products and sums are rounded each by itself, so that all three give the same numbers; `fused` alone rounds once, if the
// processor can.
#include "lanes.h"

namespace aha {
namespace {

#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")

namespace plain {
AHA_INLINE Floats fused(const Floats& a, const Floats& b, const Floats& c) { return a * b + c; }
AHA_INLINE float fused(float a, float b, float c) { return a * b + c; }
#include AHA_CODE
}  // namespace plain

#ifdef AHA_WIDE_INSTRUCTIONS
#pragma GCC target("avx2,fma")
namespace avx2 {
AHA_INLINE Floats fused(const Floats& a, const Floats& b, const Floats& c) {
  __m256 x[2], y[2], z[2];
  std::memcpy(x, &a, sizeof(a)), std::memcpy(y, &b, sizeof(b)), std::memcpy(z, &c, sizeof(c));
  x[0] = _mm256_fmadd_ps(x[0], y[0], z[0]), x[1] = _mm256_fmadd_ps(x[1], y[1], z[1]);
  Floats result;
  std::memcpy(&result, x, sizeof(result));
  return result;
}
AHA_INLINE float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
#include AHA_CODE
}  // namespace avx2

#pragma GCC target("avx512f")
namespace avx512 {
AHA_INLINE Floats fused(const Floats& a, const Floats& b, const Floats& c) {
  return (Floats)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}
AHA_INLINE float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
#include AHA_CODE
}  // namespace avx512
#endif

#pragma GCC pop_options

/** The fastest of the three that this processor has. */
template <class Function>
Function fastest(Function plain, Function avx2, Function avx512) {
#ifdef AHA_WIDE_INSTRUCTIONS
  if (__builtin_cpu_supports("avx512f")) return avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2;
#endif
  return plain;
}

#ifdef AHA_WIDE_INSTRUCTIONS
#define AHA_FASTEST(name) fastest(plain::name, avx2::name, avx512::name)
#else
#define AHA_FASTEST(name) plain::name
#endif

}  // namespace
}  // namespace aha
