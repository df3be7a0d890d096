// Whether a series of a soak rises. CommonJS, because both the soak and a Jest test load it.
'use strict';

/**
 * Tests the slope of a series after its first third against zero: it rises if the slope is more than two of its standard
 * errors above zero, and if the rise is greater than `least`. A series with less than half of the samples that `seconds`
 * should have given is a fault, too.
 * @param series `{name, unit, points: [[seconds, value]]}`
 * @param limit `{least, every}`: in the unit of the series, and seconds between two samples
 */
function verdict({ name, unit, points }, { least, every }, seconds) {
  const wanted = Math.max(6, Math.floor(seconds / every / 2));
  if (points.length < wanted)
    return { name, text: `${points.length} samples, at least ${wanted} are needed`, fault: true };
  const late = points.slice(Math.floor(points.length / 3));
  const { slope, error, mean } = line(late);
  const rise = slope * (late.at(-1)[0] - late[0][0]);
  const hourly = (value) => (value * 3600).toFixed(1);
  const text = `mean ${mean.toFixed(1)} ${unit}, slope ${hourly(slope)} ± ${hourly(2 * error)} an hour, rise ${rise.toFixed(1)} (${least} does not count)`;
  return { name, text, fault: slope > 2 * error && rise > least };
}

/** The least-squares line through points: its slope, the standard error of the slope, and the mean of the values. */
function line(points) {
  const mean = (pick) => points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [meanX, meanY] = [mean(([x]) => x), mean(([, y]) => y)];
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const rest = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  return { slope, error: Math.sqrt(rest / (points.length - 2) / spread), mean: meanY };
}

module.exports = { verdict };
