// The attention of decode-attention.cc for the instructions that are switched on where this is included.

#include "exponential.h"

/** The sums of the lanes of four vectors: neighbours first, then neighbouring pairs, and so on. */
AHA_INLINE Quarter totals(const Floats& a, const Floats& b, const Floats& c, const Floats& d) {
  Quarter quarters[4];
  const Floats all = neighbours(neighbours(a, b), neighbours(c, d));
  std::memcpy(quarters, &all, sizeof(all));
  return (quarters[0] + quarters[1]) + (quarters[2] + quarters[3]);
}

/** Scores of R queries (`width` apart) with C ≤ 4 keys from `key` on: scores[r][0 … C). */
template <int R, int C>
AHA_INLINE void score(const float* query, int64_t width, const float* key, int64_t stride, float* scores, int64_t pitch) {
  Floats sums[R][4] = {};
  for (int64_t i = 0; i < width; i += LANES) {
    Floats keys[C];
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) keys[c] = load(key + c * stride + i);
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      const Floats own = load(query + r * width + i);
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) sums[r][c] = fused(own, keys[c], sums[r][c]);
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) {
    const Quarter own = totals(sums[r][0], sums[r][1], sums[r][2], sums[r][3]);
    std::memcpy(scores + r * pitch, &own, C * sizeof(float));
  }
}

/** Σ p[r][s] v[s] for R rows of weights and V · 16 columns of the values, in the order of s. */
template <int R, int V>
AHA_INLINE void mix(const float* weights, int64_t pitch, const float* values, int64_t stride, int64_t keys, float* out,
                    int64_t width) {
  Floats sums[R][V] = {};
  for (int64_t s = 0; s < keys; ++s) {
    Floats own[V];
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) own[v] = load(values + s * stride + v * LANES);
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      const Floats weight = each(weights[r * pitch + s]);
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) sums[r][v] = fused(own[v], weight, sums[r][v]);
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) store(out + r * width + v * LANES, sums[r][v]);
}

/** Softmax in place, of `keys` scores in a row of whole vectors. @param apart - fewer columns than 8 are summed one by one */
AHA_INLINE void softmax(float* scores, int64_t keys, bool apart) {
  const int64_t whole = (keys + LANES - 1) / LANES * LANES;
  for (int64_t s = keys; s < whole; ++s) scores[s] = -__builtin_inff();
  Floats largest = load(scores);
  for (int64_t s = LANES; s < whole; s += LANES) {
    const Floats own = load(scores + s);
    largest = own > largest ? own : largest;
  }
  float most = largest[0];
  for (int lane = 1; lane < LANES; ++lane) most = largest[lane] > most ? largest[lane] : most;
  for (int64_t s = 0; s < whole; s += LANES) store(scores + s, exponential(load(scores + s) - most));
  float sum = 0;
  if (apart) {
    for (int64_t s = 0; s < keys; ++s) sum += scores[s];
  } else {
    Half lanes = {};
    for (int64_t s = 0; s < whole; s += LANES / 2) {
      Half own;
      std::memcpy(&own, scores + s, sizeof(own));
      lanes += own;
    }
    sum = ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
  }
  const float factor = 1.0f / sum;
  for (int64_t s = 0; s < whole; s += LANES) store(scores + s, load(scores + s) * factor);
}

/** R query heads of one key head. */
template <int R>
AHA_INLINE void heads(const Heads& h, const float* query, float* scores, float* out) {
  int64_t s = 0;
  const auto some = [&](auto count) {
    score<R, count.value>(query, h.width, h.key + s * h.keyStride, h.keyStride, scores + s, h.pitch);
    s += count.value;
  };
  while (s + 4 <= h.keys) some(std::integral_constant<int, 4>());
  if (h.keys - s == 3) some(std::integral_constant<int, 3>());
  if (h.keys - s == 2) some(std::integral_constant<int, 2>());
  if (h.keys - s == 1) some(std::integral_constant<int, 1>());
  for (int r = 0; r < R; ++r) {
    float* own = scores + r * h.pitch;
    if (h.bias) for (int64_t s = 0; s < h.keys; ++s) own[s] += h.bias[s];
    softmax(own, h.keys, h.apart);
  }
  const int64_t pairs = h.valueWidth / (2 * LANES) * (2 * LANES);
  for (int64_t e = 0; e < pairs; e += 2 * LANES) mix<R, 2>(scores, h.pitch, h.value + e, h.valueStride, h.keys, out + e, h.valueWidth);
  if (pairs < h.valueWidth) mix<R, 1>(scores, h.pitch, h.value + pairs, h.valueStride, h.keys, out + pairs, h.valueWidth);
}

/** All query heads of one key head. @param query - scaled, [groups, width] @param out - [groups, valueWidth] */
inline void group(const Heads& h, const float* query, int64_t groups, float* scores, float* out) {
  int64_t g = 0;
  for (; g + 4 <= groups; g += 4) heads<4>(h, query + g * h.width, scores, out + g * h.valueWidth);
  if (g + 2 <= groups) heads<2>(h, query + g * h.width, scores, out + g * h.valueWidth), g += 2;
  if (g < groups) heads<1>(h, query + g * h.width, scores, out + g * h.valueWidth);
}
