// Proposes the browser's time zone where nothing was chosen yet.
for (const place of document.querySelectorAll("form:not([data-bound]) [data-propose-zone]")) {
  const select = place.querySelector("select");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...select.options].some((option) => option.value === zone)) select.value = zone;
}
