// Counts down what [data-seconds] begins with, and goes on below nought in the colour of what is late.
for (const timer of document.querySelectorAll("[data-seconds]")) {
  const ends = Date.now() + Number(timer.dataset.seconds) * 1000;
  const tick = () => {
    const left = Math.round((ends - Date.now()) / 1000);
    const all = Math.abs(left);
    timer.textContent = `${left < 0 ? "−" : ""}${Math.floor(all / 60)}:${String(all % 60).padStart(2, "0")}`;
    timer.classList.toggle("is-bad", left < 0);
  };
  tick();
  setInterval(tick, 1000);
}
