// Points on the screen: which is under the cursor, which within a line drawn round, which in front.

// From steps of 1/65535 of each axis to -1..1 on the longest: distances stay true to each other.
export function scaled(buffer, half) {
  const steps = new Uint16Array(buffer);
  const dimension = half.length;
  const positions = new Float32Array((3 * steps.length) / dimension);
  let reach = 0;
  for (let i = 0, to = 0; i < steps.length; i += dimension, to += 3) {
    let square = 0;
    for (let axis = 0; axis < dimension; axis += 1) {
      const value = (steps[i + axis] / 32767.5 - 1) * half[axis];
      positions[to + axis] = value;
      square += value * value;
    }
    if (square > reach) reach = square;
  }
  return { positions, reach: Math.sqrt(reach) };
}

export function onScreen(m, x, y, z, width, height) {
  const w = m[3] * x + m[7] * y + m[11] * z + m[15];
  return [
    ((m[0] * x + m[4] * y + m[8] * z + m[12]) / w + 1) * 0.5 * width,
    (1 - (m[1] * x + m[5] * y + m[9] * z + m[13]) / w) * 0.5 * height,
    w,
  ];
}

// Pixels of all points: x, y and distance, three a point.
export function screened(positions, m, width, height) {
  const all = new Float32Array(positions.length);
  for (let i = 0; i < positions.length; i += 3) {
    const [x, y, z] = [positions[i], positions[i + 1], positions[i + 2]];
    const w = m[3] * x + m[7] * y + m[11] * z + m[15];
    all[i] = ((m[0] * x + m[4] * y + m[8] * z + m[12]) / w + 1) * 0.5 * width;
    all[i + 1] = (1 - (m[1] * x + m[5] * y + m[9] * z + m[13]) / w) * 0.5 * height;
    all[i + 2] = w;
  }
  return all;
}

// Of the points whose disc the cursor is in, the front-most, lit before dimmed; else the nearest within reach.
export function nearest(screen, x, y, { radius, depth, reach, lit }) {
  let best = -1;
  let bestDepth = Infinity;
  let close = -1;
  let closeSquare = reach * reach;
  for (let i = 0; i < screen.length; i += 3) {
    const dx = screen[i] - x;
    if (dx > reach || dx < -reach) continue;
    const dy = screen[i + 1] - y;
    const square = dx * dx + dy * dy;
    const w = screen[i + 2];
    if (w <= 0 || square > reach * reach) continue;
    const dimmed = lit && !lit[i / 3] ? 1e6 : 0;
    const across = depth ? radius * (depth / w) : radius;
    // Discs on a plane lie at one depth: there the nearest middle wins.
    const order = dimmed + (depth ? w : square);
    if (square <= across * across && order < bestDepth) [best, bestDepth] = [i / 3, order];
    if (square < closeSquare) [close, closeSquare] = [i / 3, square];
  }
  return best >= 0 ? best : close;
}

export function within(screen, line) {
  const inside = new Uint8Array(screen.length / 3);
  const xs = line.map((point) => point[0]);
  const ys = line.map((point) => point[1]);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  for (let i = 0; i < screen.length; i += 3) {
    const [x, y] = [screen[i], screen[i + 1]];
    if (x < left || x > right || y < top || y > bottom) continue;
    let odd = false; // a ray to the left crosses the line an odd number of times
    for (let a = 0, b = line.length - 1; a < line.length; b = a, a += 1) {
      if (ys[a] > y !== ys[b] > y && x > xs[a] + ((y - ys[a]) / (ys[b] - ys[a])) * (xs[b] - xs[a])) odd = !odd;
    }
    if (odd) inside[i / 3] = 1;
  }
  return inside;
}

const STEPS = 2048;
const heads = new Uint32Array(2 * STEPS + 1);
let steps = new Uint16Array(0);

// From the back to the front, dimmed before lit: a counting sort over 2048 depths, 2 ms for 100,000 points.
// With a stride, only every so manyth point. Returns how many there are.
export function backToFront(positions, m, [near, far], lit, order, stride) {
  const n = positions.length / 3;
  if (steps.length < n) steps = new Uint16Array(n);
  heads.fill(0);
  const scale = (STEPS - 1) / (far - near);
  for (let i = 0; i < n; i += stride) {
    const at = 3 * i;
    const w = m[3] * positions[at] + m[7] * positions[at + 1] + m[11] * positions[at + 2] + m[15];
    let step = ((far - w) * scale) | 0;
    if (step < 0) step = 0;
    else if (step >= STEPS) step = STEPS - 1;
    if (lit && lit[i]) step += STEPS;
    steps[i] = step;
    heads[step + 1] += 1;
  }
  for (let i = 1; i < heads.length; i += 1) heads[i] += heads[i - 1];
  for (let i = 0; i < n; i += stride) {
    order[heads[steps[i]]] = i;
    heads[steps[i]] += 1;
  }
  return Math.ceil(n / stride);
}

// On a plane, shuffled once: otherwise the last class in the list would cover all others.
export function shuffled(n) {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  let seed = 7;
  for (let i = n - 1; i > 0; i -= 1) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const other = seed % (i + 1);
    [order[i], order[other]] = [order[other], order[i]];
  }
  return order;
}

export function litLast(order, lit) {
  if (!lit) return order;
  return Uint32Array.from([...order.filter((i) => !lit[i]), ...order.filter((i) => lit[i])]);
}
