// Charts, whose horizontal axis can be chosen, and tables, whose rows can be sorted.
async function embed() {
  const found = document.getElementById("charts");
  if (!found) return;
  const items = JSON.parse(found.textContent);
  for (const item of items) {
    await Bokeh.embed.embed_item(item);
    await new Promise((next) => requestAnimationFrame(next)); // the replays go on meanwhile
  }
}

const models = () =>
  Bokeh.documents.flatMap((each) => each.roots().flatMap((root) => [...root.references()]));

// Columns `x@seconds`, `y@seconds` become `x`, `y`.
function choose(select) {
  const chosen = select.value;
  const name = select.selectedOptions[0].textContent;
  const own = new Set(select.dataset.charts.split(" "));
  for (const model of models()) {
    if (!model.tags.some((tag) => own.has(tag))) continue;
    if (model.type === "ColumnDataSource") {
      const data = { ...model.data };
      for (const key of Object.keys(data)) {
        const [column, of] = key.split("@");
        if (of === chosen) data[column] = data[key];
      }
      model.data = data;
    } else {
      model.axis_label = name;
    }
  }
}

// Canvases take their colors from CSS when they are painted.
function repaint() {
  for (const model of models()) {
    if (model.type === "Figure" || model.type === "Plot") model.change.emit();
  }
}

const number = (text) => {
  const found = text.replace(/,/g, "").match(/^[^\d-]*(-?\d+\.?\d*(?:e[+-]?\d+)?)/i);
  return found ? Number(found[1]) : NaN;
};

function compared(a, b) {
  const [x, y] = [number(a), number(b)];
  if (Number.isNaN(x) || Number.isNaN(y)) return a.localeCompare(b, "en", { numeric: true });
  return x - y;
}

function sort(table, column, head) {
  const down = head.getAttribute("aria-sort") === "ascending";
  table.querySelectorAll("th").forEach((each) => each.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const body = table.tBodies[0];
  const text = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
  const known = (row) => !["", "–"].includes(text(row));
  const rows = [...body.rows].sort((a, b) => {
    if (known(a) !== known(b)) return known(a) ? -1 : 1; // what is unknown stays below
    return (down ? -1 : 1) * compared(text(a), text(b));
  });
  body.append(...rows);
}

document.querySelectorAll("table.sortable").forEach((table) => {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => sort(table, column, head));
  });
});
document.querySelectorAll("button.copy").forEach((button) => {
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.of);
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(source);
    }
  });
});

window.addEventListener("DOMContentLoaded", async () => {
  await embed();
  document.querySelectorAll("select.axis").forEach((select) => {
    select.disabled = false;
    select.addEventListener("change", () => choose(select));
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  document.documentElement.dataset.loaded = String(Math.round(performance.now()));
});
