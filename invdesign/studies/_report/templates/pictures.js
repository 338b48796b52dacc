// A panel: its layers, its size, and what is written beside it.
const HEAVY = new Set(["cells"]);

class Picture {
  constructor(panel, figure, times) {
    [this.panel, this.times] = [panel, times];
    this.canvas = figure.querySelector("canvas");
    this.reading = figure.querySelector(".reading");
    this.kept = new Map(); // what takes long to draw and does not move
    this.canvas.style.aspectRatio = String(1 / panel.ratio);
    this.canvas.addEventListener("click", () => figure.classList.toggle("wide"));
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

  show(moment) {
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
