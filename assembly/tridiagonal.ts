// The largest eigenvalue of a symmetric tridiagonal matrix with a positive off-diagonal, and its eigenvector.
//
// All entries of such an eigenvector have one sign, and σ - T is positive definite for every σ above the
// eigenvalue. So neither the elimination nor the substitutions below subtract one entry of the vector from
// another, and even its smallest entries keep their digits. Float64; `beta[i]` joins i and i + 1,
// `beta[count - 1]` is ignored.

/**
 * Writes the unit eigenvector to `vector` and returns the eigenvalue, which must not be below `lowest`. All
 * is 0 for a zero matrix. `pivots` is scratch.
 */
export function leadingPair(
  count: u32,
  alpha: usize,
  beta: usize,
  lowest: f64,
  pivots: usize,
  vector: usize,
): f64 {
  const end = (<usize>count) << 3;
  let above: f64 = 0; // Gershgorin: no eigenvalue lies above
  for (let i: usize = 0; i < end; i += 8) {
    const before = i > 0 ? load<f64>(beta + i - 8) : 0;
    const after = i + 8 < end ? load<f64>(beta + i) : 0;
    above = max(above, load<f64>(alpha + i) + before + after);
  }
  if (above === 0) {
    memory.fill(vector, 0, end);
    return 0;
  }
  above *= 1 + 1e-14;
  let below = lowest;
  while (above - below > 1e-14 * above) {
    const middle = 0.5 * (above + below);
    if (middle <= below || middle >= above) break;
    if (eliminate(end, alpha, beta, middle, pivots)) above = middle;
    else below = middle;
  }
  eliminate(end, alpha, beta, above, pivots);
  for (let i: usize = 0; i < end; i += 8) store<f64>(vector + i, 1);
  for (let round = 0; round < 2; round++) {
    for (let i: usize = 8; i < end; i += 8) {
      const carried = (load<f64>(beta + i - 8) / load<f64>(pivots + i - 8)) * load<f64>(vector + i - 8);
      store<f64>(vector + i, load<f64>(vector + i) + carried);
    }
    let squares: f64 = 0;
    for (let i = end; i > 0; i -= 8) {
      const carried = i < end ? load<f64>(beta + i - 8) * load<f64>(vector + i) : 0;
      const value = (load<f64>(vector + i - 8) + carried) / load<f64>(pivots + i - 8);
      store<f64>(vector + i - 8, value);
      squares += value * value;
    }
    const scale = 1 / Math.sqrt(squares);
    for (let i: usize = 0; i < end; i += 8) store<f64>(vector + i, load<f64>(vector + i) * scale);
  }
  return above;
}

// Pivots of σ - T. Returns false if one is not positive: then an eigenvalue is σ or more.
function eliminate(end: usize, alpha: usize, beta: usize, sigma: f64, pivots: usize): bool {
  let pivot = sigma - load<f64>(alpha);
  for (let i: usize = 0; pivot > 0; ) {
    store<f64>(pivots + i, pivot);
    const joint = load<f64>(beta + i);
    i += 8;
    if (i >= end) return true;
    pivot = sigma - load<f64>(alpha + i) - (joint * joint) / pivot;
  }
  return false;
}
