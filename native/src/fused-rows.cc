// Operators over rows of float32 numbers on the CPU, each in one pass where torch takes several: RMSNorm, alone or behind a sum
// (aha::rms_norm, aha::added_rms_norm), SwiGLU (aha::swiglu) and the rotation of heads (aha::rotary).
//
// They have no gradient. Each computes what torch's operators compute one after the other, and sums in torch's order: on a
// processor with AVX2 the result has the same bits.

#include "instance.h"
#include "lanes.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <cmath>
#include <tuple>

namespace aha {
namespace {

/** y = x / √(mean(x²) + eps) · weight, with offset · (weight + 1); where there is more, of x + more, which goes to sum. */
struct Norm {
  const float* x;
  const float* more;
  const float* weight;
  float* sum;
  float* y;
  int64_t width;
  float eps;
  bool offset;
};

/** y = silu(gate) · up */
struct Gate {
  const float* gate;
  const float* up;
  float* y;
  int64_t width, gateStride, upStride;
};

/** Each head of each row turned by the angles of its row of the table: dimension i with i + width / 2. */
struct Rotation {
  const float* x;
  const float* cos;
  const float* sin;
  float* y;
  /** Of a head; from one row of x to the next; rows of the table, which are used over and over. */
  int64_t width, stride, table, heads;
};

}  // namespace
}  // namespace aha

#define AHA_CODE "fused-rows-range.h"
#include "each-processor.h"

namespace aha {
namespace {

/** Numbers that a thread takes at least, as in torch's operators. */
constexpr int64_t GRAIN = 1 << 15;

template <class Task>
void overRows(void (*run)(const Task&, int64_t, int64_t), const Task& task, int64_t rows, int64_t width) {
  const int64_t grain = std::max<int64_t>(1, GRAIN / std::max<int64_t>(1, width));
  at::parallel_for(0, rows, grain, [&](int64_t begin, int64_t end) { run(task, begin, end); });
}

std::tuple<at::Tensor, at::Tensor> normal(const at::Tensor& x, const at::Tensor& more, const at::Tensor& weight, double eps,
                                          bool offset) {
  static const auto run = AHA_FASTEST(normalise);
  const int64_t width = x.size(-1);
  TORCH_CHECK(width % (2 * LANES) == 0 && weight.numel() == width, "rms_norm: a width that it does not take");
  const at::Tensor rows = x.contiguous(), added = more.defined() ? more.contiguous() : more, gain = weight.contiguous();
  at::Tensor y = at::empty_like(rows), sum = more.defined() ? at::empty_like(rows) : rows;
  const Norm task{rows.data_ptr<float>(), added.defined() ? added.data_ptr<float>() : nullptr, gain.data_ptr<float>(),
                  sum.data_ptr<float>(),  y.data_ptr<float>(), width, static_cast<float>(eps), offset};
  overRows(run, task, rows.numel() / width, width);
  return {sum, y};
}

/** RMSNorm over the last dimension, a multiple of 32: x [..., D], weight [D] → [..., D]. */
at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double eps, bool offset) {
  return std::get<1>(normal(x, at::Tensor(), weight, eps, offset));
}

/** x + more, and its RMSNorm: [..., D] each. */
std::tuple<at::Tensor, at::Tensor> addedRmsNorm(const at::Tensor& x, const at::Tensor& more, const at::Tensor& weight, double eps,
                                                bool offset) {
  return normal(x, more, weight, eps, offset);
}

/** silu(gate) · up, [..., I] each; they may be the halves of one tensor. */
at::Tensor swiglu(const at::Tensor& gate, const at::Tensor& up) {
  static const auto run = AHA_FASTEST(gated);
  at::Tensor y = at::empty(gate.sizes(), gate.options());
  const int64_t count = gate.numel(), width = gate.size(-1);
  if (gate.is_contiguous() && up.is_contiguous()) {
    // One long row, shared out in vectors.
    const Gate task{gate.data_ptr<float>(), up.data_ptr<float>(), y.data_ptr<float>(), LANES, LANES, LANES};
    overRows(run, task, count / LANES, LANES);
    const int64_t from = count / LANES * LANES;
    run({task.gate + from, task.up + from, task.y + from, count - from, 0, 0}, 0, 1);
    return y;
  }
  const auto inRows = [&](const at::Tensor& x) {
    const at::Tensor rows = x.reshape({-1, width});
    return rows.stride(1) == 1 ? rows : rows.contiguous();
  };
  const at::Tensor gates = inRows(gate), ups = inRows(up);
  const Gate task{gates.data_ptr<float>(), ups.data_ptr<float>(), y.data_ptr<float>(), width, gates.stride(0), ups.stride(0)};
  overRows(run, task, gates.size(0), width);
  return y;
}

/**
 * The first heads of x turned: x [B, T, W], cos and sin [T, D] or [B, 1, T, D], where D is a multiple of 32 and heads · D ≤ W →
 * [B, T, heads, D].
 */
at::Tensor rotary(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin, int64_t heads) {
  static const auto run = AHA_FASTEST(rotated);
  const int64_t B = x.size(0), T = x.size(1), W = x.size(2), D = cos.size(-1);
  TORCH_CHECK(D % (2 * LANES) == 0 && heads * D <= W, "rotary: heads that it does not take");
  const at::Tensor rows = x.contiguous(), cosines = cos.contiguous(), sines = sin.contiguous();
  at::Tensor y = at::empty({B, T, heads, D}, x.options());
  const Rotation task{rows.data_ptr<float>(), cosines.data_ptr<float>(), sines.data_ptr<float>(), y.data_ptr<float>(),
                      D, W, cosines.numel() / D, heads};
  overRows(run, task, B * T, heads * D);
  return y;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(aha, library) {
  library.def("rms_norm(Tensor x, Tensor weight, float eps, bool offset) -> Tensor");
  library.def("added_rms_norm(Tensor x, Tensor more, Tensor weight, float eps, bool offset) -> (Tensor, Tensor)");
  library.def("swiglu(Tensor gate, Tensor up) -> Tensor");
  library.def("rotary(Tensor x, Tensor cos, Tensor sin, int heads) -> Tensor");
}
TORCH_LIBRARY_IMPL(aha, CPU, library) {
  library.impl("rms_norm", rmsNorm);
  library.impl("added_rms_norm", addedRmsNorm);
  library.impl("swiglu", swiglu);
  library.impl("rotary", rotary);
}

}  // namespace aha
