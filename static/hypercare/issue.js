// The page of one issue: its title is changed in place, and the forms below learn the new version.
import "./inline-edit.js";

document.body.addEventListener("hc:ordered", ({ detail: change }) => {
  if (!change.issue) return;
  for (const field of document.querySelectorAll("form input[name=version]")) field.value = change.issue.version;
});
