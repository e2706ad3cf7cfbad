// aha::int8_linear: the product of a few rows with a weight held in int8, on the CPU, without dequantising the weight.
//
// To decode a token is to read every weight once: bytes from memory are what it takes. Four outputs times up to four rows are
// summed together, 16 inputs at a time, in float32. The order of the sum is that of the 16 lanes, on every processor; a product
// and its sum are rounded once where the processor has fused instructions, else twice.

#include "instance.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <cstring>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace aha {

namespace {

constexpr int64_t LANES = 16;
constexpr int OUTPUTS = 4;
constexpr int ROWS = 4;
/** Outputs that a thread takes at least. */
constexpr int64_t GRAIN = 64;

typedef float Floats __attribute__((vector_size(64)));
typedef float Half __attribute__((vector_size(32)));
typedef float Quarter __attribute__((vector_size(16)));

/** A product: x [rows, inputs], codes [outputs, inputs], scale [outputs], bias [outputs] or null, y [rows, outputs]. */
struct Product {
  const float* x;
  const int8_t* codes;
  const float* scale;
  const float* bias;
  float* y;
  int64_t rows, inputs, outputs;
};

/** 16 codes as numbers, with the instructions that every processor has. */
namespace plain {
inline __attribute__((always_inline)) Floats widened(const int8_t* codes) {
  Floats numbers;
#pragma GCC unroll 16
  for (int lane = 0; lane < LANES; ++lane) numbers[lane] = codes[lane];
  return numbers;
}
#include "int8-range.h"
}  // namespace plain

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define AHA_WIDE_INSTRUCTIONS

#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {
inline __attribute__((always_inline)) Floats widened(const int8_t* codes) {
  const __m128i own = _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes));
  const __m256 halves[2] = {_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(own)),
                            _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(own, 8)))};
  Floats numbers;
  std::memcpy(&numbers, halves, sizeof(numbers));
  return numbers;
}
#include "int8-range.h"
}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f")
namespace avx512 {
inline __attribute__((always_inline)) Floats widened(const int8_t* codes) {
  const __m128i own = _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes));
  return (Floats)_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(own));
}
#include "int8-range.h"
}  // namespace avx512
#pragma GCC pop_options
#endif

using Range = void (*)(const Product&, int64_t begin, int64_t end);

/** The fastest that this processor has. */
Range fastest() {
#ifdef AHA_WIDE_INSTRUCTIONS
  if (__builtin_cpu_supports("avx512f")) return avx512::range;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2::range;
#endif
  return plain::range;
}

/**
 * x Wᵀ + bias, where W[o, i] = codes[o, i] scale[o]: [..., in] → [..., out] in the dtype of x.
 * codes int8 [out, in], scale float32 with `out` numbers, bias [out] or none.
 */
at::Tensor int8Linear(const at::Tensor& x, const at::Tensor& codes, const at::Tensor& scale,
                      const c10::optional<at::Tensor>& bias) {
  static const Range run = fastest();
  const int64_t count = codes.size(0), inputs = codes.size(1);
  TORCH_CHECK(codes.scalar_type() == at::kChar && codes.is_contiguous(), "int8_linear: codes must be contiguous int8");
  TORCH_CHECK(x.size(-1) == inputs, "int8_linear: x has ", x.size(-1), " inputs, codes have ", inputs);
  TORCH_CHECK(scale.numel() == count, "int8_linear: scale has ", scale.numel(), " numbers for ", count, " outputs");
  const at::Tensor rows = x.to(at::kFloat).contiguous();
  const at::Tensor scales = scale.to(at::kFloat).contiguous();
  const at::Tensor biases = bias && bias->defined() ? bias->to(at::kFloat).contiguous() : at::Tensor();
  TORCH_CHECK(!biases.defined() || biases.numel() == count, "int8_linear: bias has not one number an output");
  auto shape = x.sizes().vec();
  shape.back() = count;
  at::Tensor y = at::empty(shape, rows.options());
  const Product product{rows.data_ptr<float>(),
                        codes.data_ptr<int8_t>(),
                        scales.data_ptr<float>(),
                        biases.defined() ? biases.data_ptr<float>() : nullptr,
                        y.data_ptr<float>(),
                        inputs == 0 ? 0 : rows.numel() / inputs,
                        inputs,
                        count};
  at::parallel_for(0, count, GRAIN, [&](int64_t begin, int64_t end) { run(product, begin, end); });
  return y.to(x.scalar_type());
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(aha, library) { library.def("int8_linear(Tensor x, Tensor codes, Tensor scale, Tensor? bias) -> Tensor"); }
TORCH_LIBRARY_IMPL(aha, CPU, library) { library.impl("int8_linear", int8Linear); }

}  // namespace aha
