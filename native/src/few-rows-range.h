// The product of few-rows.cc for the instructions that are switched on where this is included: `widened` is given there.

/** The sum of the lanes, halves added to one another: in one order on every processor. */
inline __attribute__((always_inline)) float total(const Floats& sums) {
  Half halves[2];
  std::memcpy(halves, &sums, sizeof(halves));
  halves[0] += halves[1];
  Quarter quarters[2];
  std::memcpy(quarters, halves, sizeof(quarters));
  quarters[0] += quarters[1];
  return (quarters[0][0] + quarters[0][2]) + (quarters[0][1] + quarters[0][3]);
}

/** R rows from `row` on with O outputs from `output` on. */
template <int R, int O, typename W>
inline __attribute__((always_inline)) void tile(const Product<W>& p, int64_t row, int64_t output) {
  Floats sums[R][O] = {};
  const float* x = p.x + row * p.inputs;
  const W* own = p.weights + output * p.inputs;
  const int64_t whole = p.inputs / LANES * LANES;
  for (int64_t i = 0; i < whole; i += LANES) {
    Floats inputs[R];
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) std::memcpy(&inputs[r], x + r * p.inputs + i, sizeof(Floats));
#pragma GCC unroll 4
    for (int o = 0; o < O; ++o) {
      // The next outputs are on their way while these are summed: four streams of short rows are too many for the processor's own
      // guesses.
      __builtin_prefetch(own + (o + O) * p.inputs + i);
      const Floats weights = widened(own + o * p.inputs + i);
#pragma GCC unroll 4
      for (int r = 0; r < R; ++r) sums[r][o] += inputs[r] * weights;
    }
  }
  for (int r = 0; r < R; ++r)
    for (int o = 0; o < O; ++o) {
      float sum = total(sums[r][o]);
      for (int64_t i = whole; i < p.inputs; ++i) sum += x[r * p.inputs + i] * static_cast<float>(own[o * p.inputs + i]);
      const int64_t at = output + o;
      if (p.scale) sum *= p.scale[at];
      p.y[(row + r) * p.outputs + at] = sum + (p.bias ? p.bias[at] : 0.0f);
    }
}

template <int O, typename W>
inline __attribute__((always_inline)) void outputs(const Product<W>& p, int64_t output) {
  int64_t row = 0;
  for (; row + ROWS <= p.rows; row += ROWS) tile<ROWS, O>(p, row, output);
  if (row + 2 <= p.rows) tile<2, O>(p, row, output), row += 2;
  if (row < p.rows) tile<1, O>(p, row, output);
}

template <typename W>
void range(const Product<W>& p, int64_t begin, int64_t end) {
  for (; begin + OUTPUTS <= end; begin += OUTPUTS) outputs<OUTPUTS>(p, begin);
  for (; begin < end; ++begin) outputs<1>(p, begin);
}
