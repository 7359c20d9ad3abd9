/** The report's script. Pointer: the motif under it is marked in every picture, with its values beside the pointer. Keys:
 * the arrows step from motif to motif. The numbers are in the page, in the element "data". */
export const SCRIPT = `
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const tip = document.getElementById("tip");
  const live = document.getElementById("live");
  const count = data.row.length;
  const svgNs = "http://www.w3.org/2000/svg";
  let chosen = -1;

  const latentColumn = (index) => data.columns[data.firstLatent + index].values;

  /* A picture's frames: where a motif is in the picture's own units. */
  const frames = (svg) => {
    if (svg.dataset.views) {
      return JSON.parse(svg.dataset.views).map(([x, y, w, h]) => ({
        x, y, w, h,
        place: (n) => [x + (data.col[n] + 0.5) / data.cols * w, y + (data.row[n] + 0.5) / data.rows * h],
      }));
    }
    const s = JSON.parse(svg.dataset.scatter);
    const [x, y, w, h] = s.box;
    const share = (v, [low, high]) => (v - low) / (high - low);
    return [{
      x, y, w, h,
      place: (n) => [
        x + share(latentColumn(s.latents[0])[n], s.x) * w,
        y + (1 - share(latentColumn(s.latents[1])[n], s.y)) * h,
      ],
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

  const text = (n) => data.columns.map((c) => c.name + "  " + String(c.values[n] ?? "–").replace("-", "−")).join("\\n");

  const choose = (n) => {
    chosen = n;
    for (const { list, marks } of plots) {
      list.forEach((frame, i) => {
        for (const circle of marks[i]) {
          circle.setAttribute("visibility", n < 0 ? "hidden" : "visible");
          if (n < 0) continue;
          const [cx, cy] = frame.place(n);
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
    const [x, y] = chosen < 0 ? middle : frame.place(chosen);
    const { best } = nearest(frame, x, y, chosen < 0 ? undefined : ahead[event.key]);
    if (best < 0) return;
    choose(best);
    live.textContent = text(best).replaceAll("\\n", ", ");
    const [px, py] = frame.place(best);
    const on = new DOMPoint(px, py).matrixTransform(svg.getScreenCTM());
    moveTip(on.x, on.y);
  };

  for (const plot of plots) {
    const { svg, list } = plot;
    svg.addEventListener("pointermove", (event) => {
      const [x, y] = toPicture(svg, event);
      const frame = list.find((f) => x >= f.x && x <= f.x + f.w && y >= f.y && y <= f.y + f.h);
      const hit = frame && nearest(frame, x, y);
      const reach = svg.dataset.views ? data.reach / data.cols * (frame ? frame.w : 0) : 12;
      choose(hit && hit.least <= reach ? hit.best : -1);
      if (chosen >= 0) moveTip(event.clientX, event.clientY);
    });
    svg.addEventListener("pointerleave", () => choose(-1));
    svg.parentElement.addEventListener("keydown", (event) => step(plot, event));
    svg.parentElement.addEventListener("blur", () => choose(-1));
  }

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
export const SCRIPT_HASH = "sha256-9M9RpDwqu24p8Vtw14ZpaC/nygKXRvM1APKmgfEmpUs=";
