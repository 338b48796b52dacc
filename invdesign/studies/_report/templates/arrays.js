// Arrays of the page, unpacked: `packed` of the package says how they were packed.
async function unpacked(found) {
  const bytes = Uint8Array.from(atob(found.data), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const planes = new Uint8Array(await new Response(stream).arrayBuffer());
  const count = planes.length / 2;
  const size = count / found.shape[0];
  const whole = new Uint16Array(count);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i += 1) {
    const difference = planes[i] + 256 * planes[count + i];
    whole[i] = (i < size ? 0 : whole[i - size]) + difference;
    values[i] = found.low + found.step * whole[i];
  }
  return { values, size, frames: found.shape[0], shape: found.shape };
}

// What is packed in a layer, unpacked in its place.
async function ready(layer) {
  const waits = Object.entries(layer).map(async ([key, value]) => {
    if (value && typeof value === "object" && "data" in value) layer[key] = await unpacked(value);
  });
  await Promise.all(waits);
}
