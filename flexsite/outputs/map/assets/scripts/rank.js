// The score, in whole numbers, so that the page and Python cannot disagree.

// Order of the suitable sites by falling sum of weight times value; equal sums keep the order of the sites.
function rankSites(values, weights, suitable) {
  const n = suitable.length;
  const sum = new Int32Array(n);
  let total = 0;
  for (let c = 0; c < values.length; c++) {
    const weight = weights[c];
    total += weight;
    if (!weight) continue;
    const value = values[c];
    for (let i = 0; i < n; i++) sum[i] += weight * value[i];
  }
  const start = new Uint32Array(100 * total + 2);
  let count = 0;
  for (let i = 0; i < n; i++) {
    if (!suitable[i]) continue;
    start[100 * total - sum[i] + 1]++;
    count++;
  }
  for (let s = 0; s <= 100 * total; s++) start[s + 1] += start[s];
  const order = new Uint32Array(count);
  const rank = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    if (!suitable[i]) continue;
    const place = start[100 * total - sum[i]]++;
    order[place] = i;
    rank[i] = place + 1;
  }
  // Equal scores are one colour: each takes the rank of the last of its equals.
  const classRank = new Uint32Array(n);
  for (let place = count - 1; place >= 0; place--) {
    const next = place + 1 < count ? order[place + 1] : -1;
    classRank[order[place]] = next >= 0 && sum[next] === sum[order[place]] ? classRank[next] : place + 1;
  }
  return { sum, total, order, rank, classRank, score: (i) => (total ? sum[i] / total : 0) };
}

// Last rank of classes 0..2 by share of the ranking: best 1 %, 5 %, 20 %, rounded up; class 3 is the rest.
function classEnds(count) {
  return [0.01, 0.05, 0.2].map((share) => Math.ceil(count * share));
}

// Classes 0..3 by score: from 80, 60 and 40 of 100.
function scoreClass(sum, total) {
  return sum >= 80 * total && total ? 0 : sum >= 60 * total && total ? 1 : sum >= 40 * total && total ? 2 : 3;
}
