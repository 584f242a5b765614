"use strict";
// Without this script the page holds all there is; it adds sorting, filtering, and open details on paper.
for (const table of document.querySelectorAll("table.sorts")) {
  const head = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  head.forEach((cell, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = cell.textContent;
    cell.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = cell.getAttribute("aria-sort") === "ascending";
      const key = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent;
      const rows = [...body.rows].map((row) => [key(row), row]);
      rows.sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }) * (down ? -1 : 1));
      head.forEach((other) => other.removeAttribute("aria-sort"));
      cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      body.append(...rows.map(([, row]) => row));
    });
  });
}
for (const filter of document.querySelectorAll(".filter")) {
  const target = document.getElementById(filter.dataset.filter);
  const parts = [...target.querySelectorAll(target.tBodies ? "tbody > tr" : ".finding")];
  const search = filter.querySelector("input[type=search]");
  const boxes = [...filter.querySelectorAll("input[type=checkbox]")];
  const status = filter.querySelector(".shown");
  let texts = null;
  const apply = () => {
    texts ??= parts.map((part) => part.textContent.toLowerCase());
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kinds = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    parts.forEach((part, number) => {
      const kind = boxes.length === 0 || kinds.has(part.dataset.kind);
      part.hidden = !(kind && words.every((word) => texts[number].includes(word)));
      shown += part.hidden ? 0 : 1;
    });
    for (const chunk of target.querySelectorAll(".chunk")) {
      chunk.hidden = !chunk.querySelector(".finding:not([hidden])");
    }
    status.textContent = shown === parts.length ? "" : `${shown} of ${parts.length} shown`;
  };
  search.addEventListener("input", apply);
  boxes.forEach((box) => box.addEventListener("change", apply));
  filter.classList.add("ready");
}
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
