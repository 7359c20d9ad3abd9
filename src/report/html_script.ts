/** The report's script. Pointer or finger: the motif (or sample) under it is marked in every picture, with its values beside it. Keys:
 * the arrows step from one to the next. Places and values are in the page, in the element "data" (points.ts). */
export const SCRIPT = `
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const tip = document.getElementById("tip");
  const live = document.getElementById("live");
  const count = data.columns.length > 0 ? data.columns[0].values.length : 0;
  const svgNs = "http://www.w3.org/2000/svg";
  let chosen = -1;

  const valuesOf = (name) => data.columns.find((column) => column.name === name).values;

  /* Point n as it is in another field: itself, or the same motif in that frame. */
  const fieldOf = (n) => (data.field ? data.field[n] : 0);
  const twins = new Map();
  if (data.same) for (let n = 0; n < count; n++) twins.set(data.same[n] + " " + fieldOf(n), n);
  const within = (field, n) => {
    if (fieldOf(n) === field) return n;
    return data.same ? (twins.get(data.same[n] + " " + field) ?? -1) : -1;
  };

  /* A picture's frames: which point it marks for point n, and where a point is in the picture's own units. */
  const frames = (svg) => {
    if (svg.dataset.views) {
      const { field, boxes } = JSON.parse(svg.dataset.views);
      const { rows, cols, reach } = data.fields[field];
      return boxes.map(([x, y, w, h]) => ({
        x, y, w, h,
        reach: reach / cols * w,
        has: (n) => fieldOf(n) === field && data.row[n] !== null,
        twin: (n) => within(field, n),
        place: (n) => [x + (data.col[n] + 0.5) / cols * w, y + (data.row[n] + 0.5) / rows * h],
      }));
    }
    const s = JSON.parse(svg.dataset.scatter);
    const [x, y, w, h] = s.box;
    const [across, up] = s.columns.map(valuesOf);
    const share = (v, [low, high]) => (v - low) / (high - low);
    return [{
      x, y, w, h,
      reach: 12,
      has: (n) => across[n] !== null && up[n] !== null,
      twin: (n) => n,
      place: (n) => [x + share(across[n], s.x) * w, y + (1 - share(up[n], s.y)) * h],
    }];
  };

  const plots = [...document.querySelectorAll(".plot > svg")].map((svg) => {
    const list = frames(svg);
    const marks = list.map(() => ["shade", "light"].map((kind) => {
      const circle = document.createElementNS(svgNs, "circle");
      circle.dataset.mark = kind;
      circle.setAttribute("r", "7");
      circle.setAttribute("visibility", "hidden");
      svg.append(circle);
      return circle;
    }));
    return { svg, list, marks };
  });

  const shown = (value) => (typeof value === "number" ? String(value).replace("-", "−") : (value ?? "–"));
  const text = (n) => data.columns.map((c) => c.name + "  " + shown(c.values[n])).join("\\n");

  const choose = (n) => {
    chosen = n;
    for (const { list, marks } of plots) {
      list.forEach((frame, i) => {
        const there = n < 0 ? -1 : frame.twin(n);
        for (const circle of marks[i]) {
          circle.setAttribute("visibility", there < 0 || !frame.has(there) ? "hidden" : "visible");
          if (there < 0) continue;
          const [cx, cy] = frame.place(there);
          circle.setAttribute("cx", cx);
          circle.setAttribute("cy", cy);
        }
      });
    }
    tip.hidden = n < 0;
    if (n >= 0) tip.textContent = text(n);
  };

  const moveTip = (x, y) => {
    const box = tip.getBoundingClientRect();
    tip.style.left = Math.max(4, x + 20 + box.width > innerWidth ? x - box.width - 20 : x + 20) + "px";
    tip.style.top = Math.max(4, Math.min(y + 16, innerHeight - box.height - 8)) + "px";
  };

  const toPicture = (svg, event) => {
    const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [p.x, p.y];
  };

  const nearest = (frame, x, y, accept) => {
    let best = -1;
    let least = Infinity;
    for (let n = 0; n < count; n++) {
      if (!frame.has(n)) continue;
      const [px, py] = frame.place(n);
      if (accept && !accept(px - x, py - y)) continue;
      const d = Math.hypot(px - x, py - y);
      if (d < least) [best, least] = [n, d];
    }
    return { best, least };
  };

  const ahead = {
    ArrowLeft: (dx, dy) => dx < -0.5 && Math.abs(dy) <= -dx,
    ArrowRight: (dx, dy) => dx > 0.5 && Math.abs(dy) <= dx,
    ArrowUp: (dx, dy) => dy < -0.5 && Math.abs(dx) <= -dy,
    ArrowDown: (dx, dy) => dy > 0.5 && Math.abs(dx) <= dy,
  };

  const step = (plot, event) => {
    if (event.key === "Escape") return choose(-1);
    const frame = plot.list[0];
    if (!ahead[event.key] || !frame || count === 0) return;
    event.preventDefault();
    const { svg } = plot;
    const middle = [frame.x + frame.w / 2, frame.y + frame.h / 2];
    const from = chosen < 0 ? -1 : frame.twin(chosen);
    const [x, y] = from < 0 ? middle : frame.place(from);
    const { best } = nearest(frame, x, y, from < 0 ? undefined : ahead[event.key]);
    if (best < 0) return;
    choose(best);
    live.textContent = text(best).replaceAll("\\n", ", ");
    const [px, py] = frame.place(best);
    const on = new DOMPoint(px, py).matrixTransform(svg.getScreenCTM());
    moveTip(on.x, on.y);
  };

  for (const plot of plots) {
    const { svg, list } = plot;
    const point = (event) => {
      const [x, y] = toPicture(svg, event);
      const frame = list.find((f) => x >= f.x && x <= f.x + f.w && y >= f.y && y <= f.y + f.h);
      const hit = frame && nearest(frame, x, y);
      choose(hit && hit.least <= frame.reach ? hit.best : -1);
      if (chosen >= 0) moveTip(event.clientX, event.clientY);
    };
    svg.addEventListener("pointermove", point);
    svg.addEventListener("pointerdown", point);
    /* A lifted finger leaves too; its values stay until the next touch. */
    svg.addEventListener("pointerleave", (event) => {
      if (event.pointerType !== "touch") choose(-1);
    });
    svg.parentElement.addEventListener("keydown", (event) => step(plot, event));
    svg.parentElement.addEventListener("blur", () => choose(-1));
  }

  addEventListener("scroll", () => choose(-1), { passive: true });

  for (const input of document.querySelectorAll("input[name=latent]")) {
    input.addEventListener("change", () => {
      for (const layer of document.querySelectorAll("#overlay [data-layer]")) {
        if (layer.dataset.layer === input.value) layer.removeAttribute("display");
        else layer.setAttribute("display", "none");
      }
    });
  }

  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details.printed")) details.open = true;
  });
})();
`;

/** SHA-256 of the script, for the content security policy. */
export const SCRIPT_HASH = "sha256-46RC5vBrTPA9zupTqcGS+pXRLdfcSWnDGa41VSIpygU=";
