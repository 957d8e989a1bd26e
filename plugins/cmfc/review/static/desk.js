"use strict";
// What makes the lists quicker by keyboard. Without it every page works all the same.
(() => {
  const boxes = () => [...document.querySelectorAll("#work input[type=checkbox][name=chosen]")];
  const lines = () => [...document.querySelectorAll(".line")].filter((one) => one.offsetParent !== null);
  const help = () => document.querySelector('header nav a[href$="/help"]');
  let last = "";

  const show = () => {
    const count = document.getElementById("count");
    if (count) {
      const ids = boxes().filter((box) => box.checked).flatMap((box) => box.value.split(","));
      count.textContent = `${new Set(ids).size} findings selected`;
    }
  };

  const prepare = () => {
    for (const one of document.querySelectorAll(".needs-script")) one.hidden = false;
    show();
    const problem = document.querySelector(".problem");
    if (problem) problem.scrollIntoView({ block: "nearest" });
  };

  const go = (step) => {
    const all = lines();
    if (!all.length) return;
    const now = all.findIndex((one) => one.classList.contains("here"));
    const next = all[Math.min(all.length - 1, Math.max(0, now + step))];
    for (const one of all) one.classList.toggle("here", one === next);
    const link = next.querySelector("a.open, a");
    if (link) link.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  };

  const here = (what) => {
    const line = document.querySelector(".line.here");
    const wanted = line && line.querySelector(what);
    if (wanted) wanted.click();
  };

  const leave = (path) => {
    location.href = `${document.body.dataset.base}/${path}`;
  };

  document.addEventListener("change", (event) => {
    if (event.target.id === "all") for (const box of boxes()) box.checked = event.target.checked;
    if (event.target.closest("#work")) show();
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches("input:not([type=checkbox]):not([type=radio]), select, textarea");
    if (event.key === "Escape" && typing) event.target.blur();
    if (typing) return;
    const before = last;
    last = event.key;
    if (before === "g" && event.key === "m") return leave("");
    if (before === "g" && event.key === "l") return leave("list");
    const acts = {
      j: () => go(1), k: () => go(-1), o: () => here("a.open, a"), x: () => here("input[name=chosen]"),
      a: () => document.querySelector("#bar select")?.focus(), "/": () => document.getElementById("find")?.focus(),
      "?": () => help()?.click(),
    };
    if (acts[event.key]) {
      event.preventDefault();
      acts[event.key]();
    }
  });

  // What a search found is gone through by keys; the field it was typed into would keep them.
  const leaveSearch = () => {
    if (document.activeElement && document.activeElement.id === "find") document.activeElement.blur();
  };

  document.addEventListener("DOMContentLoaded", prepare);
  document.addEventListener("htmx:afterSettle", () => {
    leaveSearch();
    prepare();
  });
})();
