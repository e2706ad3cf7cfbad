// The product of a few rows with a weight on the CPU, each weight read once as it is held: float32, bfloat16, or int8 with a
// scale an output (aha::few_rows_linear, aha::int8_linear).
//
// To decode a token is to read every weight once: bytes from memory are what it takes. Four outputs times up to four rows are
// summed together, 16 inputs at a time, in float32. The order of the sum is that of the 16 lanes, on every processor; a product
// and its sum are rounded once where the processor has fused instructions, else twice.

#include "instance.h"
#include "lanes.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

namespace aha {

namespace {

constexpr int OUTPUTS = 4;
constexpr int ROWS = 4;
/** Outputs that a thread takes at least. */
constexpr int64_t GRAIN = 64;

typedef uint16_t Shorts __attribute__((vector_size(32)));
typedef uint32_t Words __attribute__((vector_size(64)));

/** A product: x [rows, inputs], weights [outputs, inputs], scale and bias [outputs] or null, y [rows, outputs]. */
template <typename W>
struct Product {
  const float* x;
  const W* weights;
  const float* scale;
  const float* bias;
  float* y;
  int64_t rows, inputs, outputs;
};

inline __attribute__((always_inline)) Floats widened(const float* weights) {
  Floats numbers;
  std::memcpy(&numbers, weights, sizeof(numbers));
  return numbers;
}

/** A bfloat16 is the upper half of a float32. */
inline __attribute__((always_inline)) Floats widened(const c10::BFloat16* weights) {
  Shorts own;
  std::memcpy(&own, weights, sizeof(own));
  return (Floats)(__builtin_convertvector(own, Words) << 16);
}

/** 16 weights as numbers, with the instructions that every processor has. */
namespace plain {
using aha::widened;
inline __attribute__((always_inline)) Floats widened(const int8_t* codes) {
  Floats numbers;
#pragma GCC unroll 16
  for (int lane = 0; lane < LANES; ++lane) numbers[lane] = codes[lane];
  return numbers;
}
#include "few-rows-range.h"
}  // namespace plain

#ifdef AHA_WIDE_INSTRUCTIONS
#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {
using aha::widened;
inline __attribute__((always_inline)) Floats widened(const int8_t* codes) {
  const __m128i own = _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes));
  const __m256 halves[2] = {_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(own)),
                            _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(own, 8)))};
  Floats numbers;
  std::memcpy(&numbers, halves, sizeof(numbers));
  return numbers;
}
#include "few-rows-range.h"
}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f")
namespace avx512 {
using aha::widened;
inline __attribute__((always_inline)) Floats widened(const int8_t* codes) {
  const __m128i own = _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes));
  return (Floats)_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(own));
}
#include "few-rows-range.h"
}  // namespace avx512
#pragma GCC pop_options
#endif

template <typename W>
using Range = void (*)(const Product<W>&, int64_t begin, int64_t end);

/** The fastest that this processor has. */
template <typename W>
Range<W> fastest() {
#ifdef AHA_WIDE_INSTRUCTIONS
  if (__builtin_cpu_supports("avx512f")) return avx512::range<W>;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2::range<W>;
#endif
  return plain::range<W>;
}

using Optional = c10::optional<at::Tensor>;

/** One float32 number an output, or none. @param named - for messages */
at::Tensor eachOutput(const Optional& numbers, int64_t outputs, const char* named) {
  if (!numbers || !numbers->defined()) return at::Tensor();
  TORCH_CHECK(numbers->numel() == outputs, named, " has ", numbers->numel(), " numbers for ", outputs, " outputs");
  return numbers->to(at::kFloat).contiguous();
}

const float* dataOf(const at::Tensor& numbers) { return numbers.defined() ? numbers.data_ptr<float>() : nullptr; }

template <typename W>
at::Tensor product(const at::Tensor& x, const at::Tensor& weights, const Optional& scale, const Optional& bias) {
  static const Range<W> run = fastest<W>();
  const int64_t outputs = weights.size(0), inputs = weights.size(1);
  TORCH_CHECK(weights.is_contiguous(), "the weights of few rows must be contiguous");
  TORCH_CHECK(x.size(-1) == inputs, "x has ", x.size(-1), " inputs, the weights have ", inputs);
  const at::Tensor rows = x.to(at::kFloat).contiguous();
  const at::Tensor scales = eachOutput(scale, outputs, "scale"), biases = eachOutput(bias, outputs, "bias");
  auto shape = x.sizes().vec();
  shape.back() = outputs;
  at::Tensor y = at::empty(shape, rows.options());
  const Product<W> all{rows.data_ptr<float>(), weights.data_ptr<W>(), dataOf(scales), dataOf(biases), y.data_ptr<float>(),
                       inputs == 0 ? 0 : rows.numel() / inputs, inputs, outputs};
  at::parallel_for(0, outputs, GRAIN, [&](int64_t begin, int64_t end) { run(all, begin, end); });
  return y.to(x.scalar_type());
}

/**
 * x Wᵀ + bias, where W[o, i] = codes[o, i] scale[o]: [..., in] → [..., out] in the dtype of x.
 * codes int8 [out, in], scale float32 with `out` numbers, bias [out] or none.
 */
at::Tensor int8Linear(const at::Tensor& x, const at::Tensor& codes, const at::Tensor& scale, const Optional& bias) {
  TORCH_CHECK(codes.scalar_type() == at::kChar, "int8_linear: codes must be int8");
  return product<int8_t>(x, codes, scale, bias);
}

/** x Wᵀ + bias: [..., in] → [..., out] in the dtype of x. weight float32 or bfloat16 [out, in], bias [out] or none. */
at::Tensor fewRowsLinear(const at::Tensor& x, const at::Tensor& weight, const Optional& bias) {
  if (weight.scalar_type() == at::kFloat) return product<float>(x, weight, c10::nullopt, bias);
  TORCH_CHECK(weight.scalar_type() == at::kBFloat16, "few_rows_linear: the weight must be float32 or bfloat16");
  return product<c10::BFloat16>(x, weight, c10::nullopt, bias);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(aha, library) {
  library.def("int8_linear(Tensor x, Tensor codes, Tensor scale, Tensor? bias) -> Tensor");
  library.def("few_rows_linear(Tensor x, Tensor weight, Tensor? bias) -> Tensor");
}
TORCH_LIBRARY_IMPL(aha, CPU, library) {
  library.impl("int8_linear", int8Linear);
  library.impl("few_rows_linear", fewRowsLinear);
}

}  // namespace aha
