// The operators of fused-rows.cc for the instructions that are switched on where this is included.

#include "exponential.h"

/** Σ x² of a row. Vectors of 8 are summed by fours, and long rows in levels, as torch sums them. */
AHA_INLINE float sumOfSquares(const float* x, int64_t width) {
  const int64_t steps = width / (2 * LANES);
  int log = 0;
  while ((int64_t{1} << log) < steps) ++log;
  const int64_t power = log / 4 > 4 ? log / 4 : 4, step = int64_t{1} << power;
  Floats sums[4][2] = {};
  int64_t i = 0;
  const auto add = [&] {
    for (int half = 0; half < 2; ++half) {
      const Floats own = load(x + i * 2 * LANES + half * LANES);
      sums[0][half] += own * own;
    }
    ++i;
  };
  while (i + step <= steps) {
    for (int64_t j = 0; j < step; ++j) add();
    for (int level = 1; level < 4; ++level) {
      for (int half = 0; half < 2; ++half) sums[level][half] += sums[level - 1][half], sums[level - 1][half] = Floats{};
      if (i & ((step - 1) << (level * power))) break;
    }
  }
  while (i < steps) add();
  for (int level = 1; level < 4; ++level)
    for (int half = 0; half < 2; ++half) sums[0][half] += sums[level][half];
  Half parts[4];
  std::memcpy(parts, sums[0], sizeof(parts));
  parts[0] = ((parts[0] + parts[1]) + parts[2]) + parts[3];
  float sum = 0;
  for (int lane = 0; lane < 8; ++lane) sum += parts[0][lane];
  return sum;
}

inline void normalise(const Norm& n, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) {
    const float* x = n.x + row * n.width;
    float* y = n.y + row * n.width;
    if (n.more) {
      float* sum = n.sum + row * n.width;
      for (int64_t i = 0; i < n.width; i += LANES) store(sum + i, load(x + i) + load(n.more + row * n.width + i));
      x = sum;
    }
    const float factor = 1.0f / __builtin_sqrtf(sumOfSquares(x, n.width) / static_cast<float>(n.width) + n.eps);
    for (int64_t i = 0; i < n.width; i += LANES) {
      const Floats weight = load(n.weight + i);
      store(y + i, load(x + i) * factor * (n.offset ? weight + 1.0f : weight));
    }
  }
}

inline void gated(const Gate& g, int64_t begin, int64_t end) {
  const int64_t whole = g.width / LANES * LANES;
  for (int64_t row = begin; row < end; ++row) {
    const float* gate = g.gate + row * g.gateStride;
    const float* up = g.up + row * g.upStride;
    float* y = g.y + row * g.width;
    for (int64_t i = 0; i < whole; i += LANES) {
      const Floats own = load(gate + i);
      store(y + i, own / (1.0f + exponential(-own)) * load(up + i));
    }
    // As torch does: what fills no vector is computed with the exponential of the C library.
    for (int64_t i = whole; i < g.width; ++i) y[i] = gate[i] / (1.0f + std::exp(-gate[i])) * up[i];
  }
}

inline void rotated(const Rotation& r, int64_t begin, int64_t end) {
  const int64_t half = r.width / 2;
  for (int64_t row = begin; row < end; ++row) {
    const float* cos = r.cos + row % r.table * r.width;
    const float* sin = r.sin + row % r.table * r.width;
    for (int64_t head = 0; head < r.heads; ++head) {
      const float* x = r.x + row * r.stride + head * r.width;
      float* y = r.y + (row * r.heads + head) * r.width;
      for (int64_t i = 0; i < half; i += LANES) {
        const Floats a = load(x + i), b = load(x + half + i);
        store(y + i, fused(b, load(sin + i), a * load(cos + i)));
        store(y + half + i, fused(a, load(sin + half + i), b * load(cos + half + i)));
      }
    }
  }
}
