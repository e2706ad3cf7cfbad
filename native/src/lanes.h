// Vectors of 16 float32 lanes, in the compiler's own notation: code for them works with any instructions of a processor.
#pragma once

#include <cstdint>
#include <cstring>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define AHA_WIDE_INSTRUCTIONS
#endif

namespace aha {

constexpr int64_t LANES = 16;

typedef float Floats __attribute__((vector_size(64)));
typedef float Half __attribute__((vector_size(32)));
typedef float Quarter __attribute__((vector_size(16)));
typedef int32_t Ints __attribute__((vector_size(64)));

#define AHA_INLINE inline __attribute__((always_inline))

/** The sums of neighbours, two quarters of a by two of b: {a₀ + a₁, a₂ + a₃, b₀ + b₁, b₂ + b₃, a₄ + a₅, …}. */
AHA_INLINE Floats neighbours(const Floats& a, const Floats& b) {
#ifdef __clang__
  return __builtin_shufflevector(a, b, 0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30) +
         __builtin_shufflevector(a, b, 1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13, 15, 29, 31);
#else
  const Ints even = {0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30};
  return __builtin_shuffle(a, b, even) + __builtin_shuffle(a, b, even + 1);
#endif
}

}  // namespace aha
