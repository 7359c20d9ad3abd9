/** Mean and standard deviation of all values; loops, because callbacks of cold code make an object a pixel. */
export function momentsOf(data: Float32Array): { mean: number; sd: number } {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i];
  const mean = sum / data.length;
  let squares = 0;
  for (let i = 0; i < data.length; i++) squares += (data[i] - mean) * (data[i] - mean);
  return { mean, sd: Math.sqrt(squares / data.length) };
}
