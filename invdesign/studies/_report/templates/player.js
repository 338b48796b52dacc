// Replays: panels on one clock, moved by button, slider and keys.
const SPEEDS = [0.25, 0.5, 1, 2, 4];
const SECONDS = { most: 8, least: 3, a_frame: 1 / 30 };

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
    const seconds = Math.min(SECONDS.most, Math.max(SECONDS.least, this.last * SECONDS.a_frame));
    this.rate = this.last / seconds;
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (this.still) this.go(this.last);
    this.section.addEventListener("pointerdown", () => this.near());
    this.section.addEventListener("focusin", () => this.near());
    const panels = this.section.querySelector(".panels");
    new IntersectionObserver((seen) => this.seen(seen), { threshold: 0.4 }).observe(panels);
  }

  // Keys go to the replay that was last touched, or came into view.
  near() {
    Player.current = this;
  }

  // Plays once when it is first seen, unless motion is unwanted: then the end is shown.
  seen(entries) {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    this.near();
    if (!this.touched && !this.still && !this.playing) this.play();
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
    if (this.clock === "iteration") return `iteration ${time}`;
    return `${time.toFixed(this.times[this.last] < 1 ? 3 : 2)} ${this.clock}`;
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

// What keys are for where the focus is: a button is pressed by space, too.
const TAKEN = "select, textarea, input:not([type=range])";
const PRESSED = `${TAKEN}, button, summary, a`;

document.addEventListener("keydown", (event) => {
  const player = Player.current;
  const inside = event.target instanceof Element ? event.target : document.body;
  if (!player || !(event.key in KEYS) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (inside.closest(event.key === " " ? PRESSED : TAKEN)) return;
  event.preventDefault();
  KEYS[event.key](player, event.shiftKey);
});

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
  return player;
}

if (typeof DecompressionStream === "undefined") {
  document.querySelectorAll("section.replay .hint").forEach((hint) => {
    hint.textContent = "This browser is too old to replay it; any of 2023 or later does.";
  });
} else {
  Promise.all([...document.querySelectorAll("section.replay")].map(open)).then((all) => {
    Player.current ??= all.find((player) => player.slider);
  });
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
  players.forEach((player) => player.recolor()),
);
