// Adds up a ballot while it is filled in; the server says the same when it is sent.
const form = document.querySelector("[data-ballot]");
const sum = form?.querySelector("[data-sum]");

function add() {
  const each = Number(form.dataset.ballot);
  const given = [...form.querySelectorAll("input[type=number]")].reduce((all, field) => all + (Number(field.value) || 0), 0);
  sum.textContent = sum.dataset.words.replace("{n}", given).replace("{each}", each);
  const isRight = form.dataset.exactly ? given === each : given > 0 && given <= each;
  sum.dataset.state = given > each ? "over" : isRight ? "right" : "";
}

if (form) {
  form.addEventListener("input", add);
  add();
}
