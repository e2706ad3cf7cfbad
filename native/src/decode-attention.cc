// Attention of one new token a row on the CPU (aha::decode_attention): scores, softmax and mix of a key head's queries in one go.
//
// torch computes them as three operators, two of which call the library of matrix products once for each row and key head: for
// a few short rows the calls take longer than the products. The sums are in the order of OpenBLAS's products of small matrices
// and of torch's softmax: on a processor with AVX-512 and with those, the result has the same bits as the three operators.

#include "instance.h"
#include "lanes.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <type_traits>
#include <vector>

namespace aha {
namespace {

/** The keys and values that the queries of one key head attend to. */
struct Heads {
  /** Numbers in a key; of a value; columns that are seen. */
  int64_t width, valueWidth, keys;
  const float* key;
  const float* value;
  int64_t keyStride, valueStride;
  /** Added to the scores, or null. */
  const float* bias;
  /** Numbers from one row of scores to the next. */
  int64_t pitch;
  /** There are fewer columns than 8, hidden ones included. */
  bool apart;
};

}  // namespace
}  // namespace aha

#define AHA_CODE "decode-attention-range.h"
#include "each-processor.h"

namespace aha {
namespace {

/** A bias as low as this hides its column: the masks of mask.ts. */
constexpr float HIDDEN = -1e29f;
/** Products that a thread computes at least. */
constexpr int64_t GRAIN = 1 << 17;

/** Columns up to the last that is seen; all where none is. */
int64_t seen(const float* bias, int64_t columns) {
  if (bias == nullptr) return columns;
  int64_t count = columns;
  while (count > 0 && bias[count - 1] <= HIDDEN) --count;
  return count == 0 ? columns : count;
}

at::Tensor inRows(const at::Tensor& x) { return x.stride(-1) == 1 ? x : x.contiguous(); }

/**
 * softmax(scale · q kᵀ + bias) v: q [B, H, 1, D], k [B, Hkv, S, D], v [B, Hkv, S, E], bias [B or 1, 1, 1, S] → [B, H, 1, E], where
 * query head h reads key head ⌊h / (H / Hkv)⌋. All float32; D and E are multiples of 16.
 */
at::Tensor decodeAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const c10::optional<at::Tensor>& mask,
                           double scale) {
  static const auto run = AHA_FASTEST(group);
  const int64_t B = q.size(0), H = q.size(1), D = q.size(3), heads = k.size(1), S = k.size(2), E = v.size(3);
  TORCH_CHECK(q.size(2) == 1 && H % heads == 0 && D % LANES == 0 && E % LANES == 0, "decode_attention: shapes that it does not take");
  const int64_t groups = H / heads, pitch = (S + LANES - 1) / LANES * LANES;
  const at::Tensor queries = q.mul(scale).contiguous(), keys = inRows(k), values = inRows(v);
  const at::Tensor bias = mask && mask->defined() ? inRows(*mask).expand({B, 1, 1, S}) : at::Tensor();
  at::Tensor out = at::empty({B, 1, H, E}, queries.options());
  const int64_t grain = std::max<int64_t>(1, GRAIN / std::max<int64_t>(1, groups * S * (D + E)));
  at::parallel_for(0, B * heads, grain, [&](int64_t begin, int64_t end) {
    std::vector<float> scores(static_cast<size_t>(std::min<int64_t>(groups, 4) * pitch));
    for (int64_t i = begin; i < end; ++i) {
      const int64_t b = i / heads, head = i % heads;
      const float* own = bias.defined() ? bias.data_ptr<float>() + b * bias.stride(0) : nullptr;
      const Heads task{D, E, seen(own, S),
                       keys.data_ptr<float>() + b * keys.stride(0) + head * keys.stride(1),
                       values.data_ptr<float>() + b * values.stride(0) + head * values.stride(1),
                       keys.stride(2), values.stride(2), own, pitch, S < 8};
      const int64_t first = b * H + head * groups;
      run(task, queries.data_ptr<float>() + first * D, groups, scores.data(), out.data_ptr<float>() + first * E);
    }
  });
  return out.transpose(1, 2);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(aha, library) {
  library.def("decode_attention(Tensor q, Tensor k, Tensor v, Tensor? bias, float scale) -> Tensor");
}
TORCH_LIBRARY_IMPL(aha, CPU, library) { library.impl("decode_attention", decodeAttention); }

}  // namespace aha
