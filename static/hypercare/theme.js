// Sets light or dark before the first paint: what the person chose on this device, else what the system says.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => localStorage.getItem("hc-theme") ?? "system";

  function apply() {
    const theme = chosen() === "system" ? (dark.matches ? "dark" : "light") : chosen();
    root.dataset.bsTheme = theme;
  }

  apply();
  dark.addEventListener("change", apply);
  addEventListener("storage", apply);
  addEventListener("DOMContentLoaded", () => {
    for (const radio of document.querySelectorAll("[data-theme-choice] input")) radio.checked = radio.value === chosen();
  });
  addEventListener("change", (event) => {
    if (!event.target.closest?.("[data-theme-choice]")) return;
    localStorage.setItem("hc-theme", event.target.value);
    apply();
  });
})();
