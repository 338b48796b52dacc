// A panel: its layers, its size, and what is written beside it.
const HEAVY = new Set(["cells"]);

// Values of painted layers at a place, given as shares of the panel from its lower left corner.
const probes = {
  "space-time"(layer, [right, up]) {
    const [frames, points] = layer.field.shape;
    const at = (share, count) => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
    return layer.field.values[at(up, frames) * points + at(right, points)];
  },
  // Of the cell whose corner at the wall's side is the nearest.
  cells(layer, [right, up], panel, moment) {
    const [width, height] = [0, 1].map((axis) => panel.upper[axis] - panel.lower[axis]);
    const { values: nodes, shape } = layer.nodes;
    let [best, least] = [0, Infinity];
    for (let i = 0; i < (shape[1] - 1) * shape[2]; i += 1) {
      const x = nodes[2 * i] - panel.lower[0] - right * width;
      const y = nodes[2 * i + 1] - panel.lower[1] - up * height;
      if (x * x + y * y < least) [best, least] = [i, x * x + y * y];
    }
    return frame_of(layer.values, moment)[best];
  },
};

class Picture {
  constructor(panel, figure, times) {
    [this.panel, this.times] = [panel, times];
    this.canvas = figure.querySelector("canvas");
    this.reading = figure.querySelector(".reading");
    this.kept = new Map(); // what takes long to draw and does not move
    this.canvas.style.aspectRatio = String(1 / panel.ratio);
    this.canvas.addEventListener("click", () => figure.classList.toggle("wide"));
    this.probed = panel.layers.find((layer) => layer.kind in probes);
    if (this.probed) {
      this.canvas.addEventListener("pointermove", (event) => this.probe(event));
      this.canvas.addEventListener("pointerleave", () => (this.reading.textContent = ""));
    }
  }

  fit() {
    const pixel = window.devicePixelRatio || 1;
    const width = Math.max(1, Math.round(this.canvas.clientWidth * pixel));
    const height = Math.max(1, Math.round(this.canvas.clientHeight * pixel));
    if (width !== this.canvas.width || height !== this.canvas.height) {
      [this.canvas.width, this.canvas.height] = [width, height];
      this.kept.clear();
    }
    this.pixel = pixel;
  }

  probe(event) {
    const box = this.canvas.getBoundingClientRect();
    const place = [
      (event.clientX - box.left) / box.width,
      1 - (event.clientY - box.top) / box.height,
    ];
    const value = probes[this.probed.kind](this.probed, place, this.panel, this.moment);
    this.reading.textContent = `${this.probed.label} ${value.toPrecision(3)}`;
  }

  show(moment) {
    this.moment = moment;
    const ctx = this.canvas.getContext("2d");
    ctx.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.panel.layers.forEach((layer) => this.layer(ctx, layer, moment));
    if (this.panel.readings.length) {
      this.reading.textContent = this.panel.readings[moment];
    }
  }

  layer(ctx, layer, moment) {
    const at = view(this.panel, this.canvas);
    if (!HEAVY.has(layer.kind)) {
      ctx.save();
      draw[layer.kind](layer, ctx, at, moment, this.pixel, this.times);
      ctx.restore();
      return;
    }
    const key = Math.min(moment, layer.values.frames - 1);
    if (this.kept.get(layer)?.key !== key) {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [this.canvas.width, this.canvas.height];
      draw[layer.kind](layer, canvas.getContext("2d"), at, key, this.pixel, this.times);
      this.kept.set(layer, { key, canvas });
    }
    ctx.drawImage(this.kept.get(layer).canvas, 0, 0);
  }
}
