"use strict";
// Replays: pictures drawn on canvases from arrays in the page, on one clock each.
(() => {
  const SPEEDS = [0.25, 0.5, 1, 2, 4];
  const SECONDS = { most: 8, least: 3, a_frame: 1 / 30 };

  const color = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

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

  const colors = (text) =>
    Array.from({ length: 256 }, (_, i) => parseInt(text.slice(6 * i, 6 * i + 6), 16));
  const css = (rgb) => `#${rgb.toString(16).padStart(6, "0")}`;
  const level = (value, [low, high]) =>
    Math.max(0, Math.min(255, Math.round((255 * (value - low)) / (high - low))));

  // A view maps a panel's corners to a canvas.
  function view(panel, canvas) {
    const [sx, sy] = [0, 1].map(
      (axis) =>
        [canvas.width, canvas.height][axis] / (panel.upper[axis] - panel.lower[axis]),
    );
    return {
      scale: sx,
      x: (value) => (value - panel.lower[0]) * sx,
      y: (value) => canvas.height - (value - panel.lower[1]) * sy,
    };
  }

  function trace(ctx, at, points) {
    points.forEach(([x, y], i) =>
      i ? ctx.lineTo(at.x(x), at.y(y)) : ctx.moveTo(at.x(x), at.y(y)),
    );
    ctx.closePath();
  }

  function frame_of(array, moment) {
    const start = Math.min(moment, array.frames - 1) * array.size;
    return array.values.subarray(start, start + array.size);
  }

  const draw = {
    box(layer, ctx, at, _moment, pixel) {
      const [x, y] = [at.x(layer.lower[0]), at.y(layer.upper[1])];
      const [w, h] = [at.x(layer.upper[0]) - x, at.y(layer.lower[1]) - y];
      if (layer.filled) {
        ctx.fillStyle = color("goal");
        ctx.fillRect(x, y, w, h);
      } else {
        ctx.strokeStyle = color("goal-edge");
        ctx.lineWidth = 1.5 * pixel;
        ctx.setLineDash([5 * pixel, 3 * pixel]);
        ctx.strokeRect(x, y, w, h);
      }
    },
    shapes(layer, ctx, at, _moment, pixel) {
      ctx.beginPath();
      layer.rings.forEach((ring) => trace(ctx, at, ring));
      if (layer.filled) {
        ctx.fillStyle = color(layer.color);
        ctx.fill("evenodd");
      } else {
        ctx.strokeStyle = color(layer.color);
        ctx.lineWidth = pixel;
        ctx.setLineDash([2 * pixel, 2 * pixel]);
        ctx.stroke();
      }
    },
    discs(layer, ctx, at, moment) {
      const points = frame_of(layer.position, moment);
      const radius = (layer.diameter / 2) * at.scale;
      const region = layer.region;
      for (const strong of region ? [false, true] : [true]) {
        ctx.beginPath();
        for (let i = 0; i < points.length; i += 2) {
          const [x, y] = [points[i], points[i + 1]];
          const within =
            !region ||
            (x >= region[0][0] && x <= region[1][0] && y >= region[0][1] && y <= region[1][1]);
          if (within === strong) {
            ctx.moveTo(at.x(x) + radius, at.y(y));
            ctx.arc(at.x(x), at.y(y), radius, 0, 2 * Math.PI);
          }
        }
        ctx.fillStyle = color(strong ? "water" : "water-pale");
        ctx.fill();
      }
    },
    links(layer, ctx, at, moment, pixel) {
      const points = frame_of(layer.position, moment);
      const [x, y] = [(i) => at.x(points[2 * i]), (i) => at.y(points[2 * i + 1])];
      for (const [pairs, name] of [[layer.given, "obstacle"], [layer.free, "water"]]) {
        ctx.beginPath();
        pairs.forEach(([a, b]) => {
          ctx.moveTo(x(a), y(a));
          ctx.lineTo(x(b), y(b));
        });
        ctx.strokeStyle = color(name);
        ctx.lineWidth = 1.4 * pixel;
        ctx.stroke();
      }
      const half = 2.2 * pixel;
      ctx.fillStyle = color("ink");
      layer.squares.forEach((i) => ctx.fillRect(x(i) - half, y(i) - half, 2 * half, 2 * half));
      ctx.fillStyle = color("muted");
      ctx.beginPath();
      layer.dots.forEach((i) => {
        ctx.moveTo(x(i) + half, y(i));
        ctx.arc(x(i), y(i), half, 0, 2 * Math.PI);
      });
      ctx.fill();
    },
    outline(layer, ctx, at, moment, pixel) {
      const points = frame_of(layer.position, moment);
      const corners = Array.from({ length: points.length / 2 }, (_, i) => [
        points[2 * i],
        points[2 * i + 1],
      ]);
      ctx.beginPath();
      trace(ctx, at, corners);
      ctx.fillStyle = color(`${layer.color}-pale`);
      ctx.fill();
      ctx.strokeStyle = color(layer.color);
      ctx.lineWidth = 1.5 * pixel;
      ctx.stroke();
    },
    curve(layer, ctx, at, moment, pixel) {
      const values = frame_of(layer.values, moment);
      ctx.beginPath();
      layer.place.forEach((x, i) =>
        i ? ctx.lineTo(at.x(x), at.y(values[i])) : ctx.moveTo(at.x(x), at.y(values[i])),
      );
      ctx.strokeStyle = color(layer.color);
      ctx.globalAlpha = layer.wide ? 0.45 : 1;
      ctx.lineWidth = (layer.wide ? 4 : 1.7) * pixel;
      ctx.stroke();
    },
    cells(layer, ctx, at, moment, pixel) {
      const { values: nodes, shape } = layer.nodes;
      const [, rings, around] = shape;
      const map = colors(layer.colors);
      const values = frame_of(layer.values, moment);
      const { width, height } = ctx.canvas;
      const place = (ring, point) => {
        const i = 2 * (ring * around + (point % around));
        return [at.x(nodes[i]), at.y(nodes[i + 1])];
      };
      ctx.lineWidth = 0.8 * pixel;
      for (let ring = 0; ring < rings - 1; ring += 1) {
        for (let point = 0; point < around; point += 1) {
          const corners = [
            place(ring, point),
            place(ring + 1, point),
            place(ring + 1, point + 1),
            place(ring, point + 1),
          ];
          const out = (axis, most) =>
            corners.every((c) => c[axis] < 0) || corners.every((c) => c[axis] > most);
          if (out(0, width) || out(1, height)) continue;
          ctx.beginPath();
          corners.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
          ctx.closePath();
          const rgb = css(map[level(values[ring * around + point], layer.bounds)]);
          ctx.fillStyle = rgb;
          ctx.strokeStyle = rgb; // closes the seams between neighbors
          ctx.fill();
          ctx.stroke();
        }
      }
    },
    "space-time"(layer, ctx, at, moment, pixel, times) {
      const { width, height } = ctx.canvas;
      layer.picture = layer.picture || painted(layer);
      ctx.imageSmoothingEnabled = false;
      ctx.drawImage(layer.picture, 0, 0, width, height);
      const last = times[times.length - 1] || 1;
      const y = height - (times[moment] / last) * height;
      ctx.beginPath();
      ctx.moveTo(0, y);
      ctx.lineTo(width, y);
      ctx.strokeStyle = "#000";
      ctx.lineWidth = 2 * pixel;
      ctx.stroke();
    },
  };

  function painted(layer) {
    const [frames, points] = layer.field.shape;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [points, frames];
    const ctx = canvas.getContext("2d");
    const image = ctx.createImageData(points, frames);
    const map = colors(layer.colors);
    layer.field.values.forEach((value, i) => {
      const row = frames - 1 - Math.floor(i / points);
      const rgb = map[level(value, layer.bounds)];
      image.data.set([rgb >> 16, (rgb >> 8) & 255, rgb & 255, 255], 4 * (row * points + (i % points)));
    });
    ctx.putImageData(image, 0, 0);
    return canvas;
  }

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

  class Player {
    constructor(section, found) {
      this.times = found.times;
      this.clock = found.clock;
      this.last = found.times.length - 1;
      const figures = section.querySelectorAll("figure.panel");
      this.pictures = found.panels.map((p, i) => new Picture(p, figures[i], found.times));
      this.slider = section.querySelector("input[type=range]");
      this.button = section.querySelector("button.play");
      this.output = section.querySelector("output");
      this.speed = section.querySelector("select");
      this.section = section;
      this.moment = 0;
      this.playing = false;
      this.redraw();
      if (this.slider) this.listen();
      new ResizeObserver(() => this.redraw()).observe(section);
      section.dataset.ready = "yes";
    }

    listen() {
      this.slider.max = String(this.last);
      this.slider.disabled = this.button.disabled = false;
      this.slider.addEventListener("input", () => {
        this.stop();
        this.go(Number(this.slider.value));
      });
      this.button.addEventListener("click", () => this.toggle());
      const seconds = Math.min(
        SECONDS.most,
        Math.max(SECONDS.least, this.last * SECONDS.a_frame),
      );
      this.rate = this.last / seconds;
      const near = () => {
        Player.current = this;
      };
      this.section.addEventListener("pointerdown", near);
      this.section.addEventListener("focusin", near);
      this.awaken();
    }

    // Plays once when it is first seen, unless motion is unwanted: then the end is shown.
    awaken() {
      if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
        this.go(this.last);
        return;
      }
      const seen = new IntersectionObserver(
        (entries) => {
          if (!entries.some((entry) => entry.isIntersecting)) return;
          seen.disconnect();
          if (!this.touched) this.play();
        },
        { threshold: 0.4 },
      );
      seen.observe(this.section.querySelector(".panels"));
    }

    redraw() {
      this.pictures.forEach((picture) => picture.fit());
      this.go(this.moment);
    }

    recolor() {
      this.pictures.forEach((picture) => picture.kept.clear());
      this.redraw();
    }

    go(moment) {
      this.moment = Math.max(0, Math.min(this.last, moment));
      const whole = Math.round(this.moment);
      this.pictures.forEach((picture) => picture.show(whole));
      this.section.dataset.moment = String(whole);
      if (!this.slider) return;
      this.slider.value = String(whole);
      this.output.textContent = this.said(whole);
      this.slider.setAttribute("aria-valuetext", this.output.textContent);
    }

    said(moment) {
      const time = this.times[moment];
      return Number.isInteger(this.times[this.last] / this.last) && this.clock === "iteration"
        ? `iteration ${time}`
        : `${time.toFixed(2)} ${this.clock}`;
    }

    toggle() {
      if (this.playing) this.stop();
      else this.play();
    }

    play() {
      if (this.moment >= this.last) this.go(0);
      this.playing = true;
      this.mark();
      let before = performance.now();
      const tick = (now) => {
        if (!this.playing) return;
        const spent = Math.min(0.1, (now - before) / 1000);
        before = now;
        this.go(this.moment + spent * this.rate * SPEEDS[this.speed.selectedIndex]);
        if (this.moment >= this.last) this.stop();
        else requestAnimationFrame(tick);
      };
      requestAnimationFrame(tick);
    }

    stop() {
      this.playing = false;
      this.touched = true;
      this.mark();
    }

    mark() {
      this.section.classList.toggle("playing", this.playing);
      this.button.setAttribute("aria-label", this.playing ? "Pause" : "Play");
    }

    step(number) {
      this.stop();
      this.go(Math.round(this.moment) + number);
    }
  }

  const KEYS = {
    " ": (player) => player.toggle(),
    ArrowRight: (player, far) => player.step(far ? 10 : 1),
    ArrowLeft: (player, far) => player.step(far ? -10 : -1),
    Home: (player) => player.step(-Infinity),
    End: (player) => player.step(Infinity),
  };

  document.addEventListener("keydown", (event) => {
    const player = Player.current;
    const inside = event.target instanceof Element ? event.target : document.body;
    const taken = inside.closest("select, summary, a, textarea, button:not(.play), input:not([type=range])");
    if (!player || taken || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!(event.key in KEYS) || (event.key !== " " && event.key.length > 4 && !player.slider)) return;
    event.preventDefault();
    KEYS[event.key](player, event.shiftKey);
  });

  // What is packed in a layer, unpacked in its place.
  async function ready(layer) {
    const waits = Object.entries(layer).map(async ([key, value]) => {
      if (value && typeof value === "object" && "data" in value) layer[key] = await unpacked(value);
    });
    await Promise.all(waits);
  }

  function bars(section, found) {
    section.querySelectorAll("canvas.bar").forEach((canvas) => {
      const layer = found.panels[Number(canvas.dataset.panel)].layers[Number(canvas.dataset.layer)];
      const ctx = canvas.getContext("2d");
      colors(layer.colors).forEach((rgb, i) => {
        ctx.fillStyle = css(rgb);
        ctx.fillRect(i, 0, 1, 1);
      });
    });
  }

  const players = [];
  async function open(section) {
    const found = JSON.parse(document.getElementById(section.dataset.source).textContent);
    bars(section, found);
    await Promise.all(found.panels.flatMap((panel) => panel.layers.map(ready)));
    const player = new Player(section, found);
    players.push(player);
    if (player.slider && !Player.current) Player.current = player;
  }

  if (typeof DecompressionStream === "undefined") {
    document.querySelectorAll("section.replay .hint").forEach((hint) => {
      hint.textContent = "This browser is too old to replay it; any of 2023 or later does.";
    });
  } else {
    document.querySelectorAll("section.replay").forEach(open);
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
    players.forEach((player) => player.recolor()),
  );
})();
