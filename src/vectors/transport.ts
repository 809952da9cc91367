/** Optimal transport between two small distributions, exactly: what the Word Mover's Distance asks for. */

/**
 * The least cost of moving `supply` to `demand` (equal sums), where `cost[i][j]` is that of moving one unit from i to j.
 * Successive shortest paths with potentials (Edmonds & Karp 1972): each path is found by Dijkstra's algorithm over the dense
 * graph, O((n + m)²) a path.
 */
export function transportCost(
  supply: ArrayLike<number>,
  demand: ArrayLike<number>,
  cost: readonly Float64Array[],
): number {
  const n = supply.length;
  const m = demand.length;
  const left = Float64Array.from(supply);
  const open = Float64Array.from(demand);
  const flow = cost.map(() => new Float64Array(m));
  const potential = new Float64Array(n + m);
  const tiny = 1e-12;
  let total = 0;
  for (;;) {
    const distance = new Float64Array(n + m).fill(Number.POSITIVE_INFINITY);
    const before = new Int32Array(n + m).fill(-1);
    const done = new Uint8Array(n + m);
    for (let i = 0; i < n; i++) if (left[i]! > tiny) distance[i] = 0;
    let end = -1;
    for (;;) {
      let u = -1;
      for (let v = 0; v < n + m; v++)
        if (!done[v] && distance[v]! < (u < 0 ? Number.POSITIVE_INFINITY : distance[u]!)) u = v;
      if (u < 0) break;
      done[u] = 1;
      if (u >= n && open[u - n]! > tiny) {
        end = u;
        break;
      }
      // From a supplier any demander can be reached; from a demander the suppliers that send to it, backwards.
      for (let k = 0; k < (u < n ? m : n); k++) {
        const v = u < n ? n + k : k;
        if (done[v] || (u >= n && flow[k]![u - n]! <= tiny)) continue;
        const price = u < n ? cost[u]![k]! : -cost[k]![u - n]!;
        const length = distance[u]! + Math.max(0, price + potential[u]! - potential[v]!);
        if (length < distance[v]!) [distance[v], before[v]] = [length, u];
      }
    }
    if (end < 0) return total;
    for (let v = 0; v < n + m; v++) potential[v]! += Math.min(distance[v]!, distance[end]!);
    let amount = open[end - n]!;
    let source = end;
    for (let v = end; before[v]! >= 0; v = before[v]!) {
      const u = before[v]!;
      if (u >= n) amount = Math.min(amount, flow[v]![u - n]!);
      source = u;
    }
    amount = Math.min(amount, left[source]!);
    for (let v = end; before[v]! >= 0; v = before[v]!) {
      const u = before[v]!;
      if (u < n) flow[u]![v - n]! += amount;
      else flow[v]![u - n]! -= amount;
      total += amount * (u < n ? cost[u]![v - n]! : -cost[v]![u - n]!);
    }
    left[source]! -= amount;
    open[end - n]! -= amount;
  }
}
