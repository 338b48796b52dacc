// Layers of pictures, each drawn on a canvas at a moment; colors are those of the style sheet.
const color = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

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
          region.some(
            ([left, low], k) =>
              k % 2 === 0 &&
              x >= left && x <= region[k + 1][0] && y >= low && y <= region[k + 1][1]
          );
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
