/** How engines that pad are fed: sorted by length, so many texts a call, results back in the order of the input. */

/**
 * @param lengths length of each text (tokens or characters)
 * @param grouping `batch`: most texts a call; `sameLength`: only texts of one length share a call, so nothing is padded
 * @param call indices → vectors
 */
export async function runGrouped(lengths, { batch, sameLength = false }, call) {
  const order = lengths.map((_, i) => i).sort((a, b) => lengths[a] - lengths[b]);
  const rows = new Array(lengths.length);
  for (let begin = 0; begin < order.length; ) {
    let end = begin + 1;
    while (
      end < order.length &&
      end - begin < batch &&
      (!sameLength || lengths[order[end]] === lengths[order[begin]])
    ) {
      end++;
    }
    const part = order.slice(begin, end);
    const vectors = await call(part);
    part.forEach((index, k) => {
      rows[index] = vectors[k];
    });
    begin = end;
  }
  return rows;
}
