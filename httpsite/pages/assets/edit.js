// The editor: Ctrl+S saves, and leaving asks first if something would be lost.
"use strict";
{
	const form = document.querySelector(".editor");
	const text = form.elements.text;
	let saved = text.value;
	// What came back because it could not be stored is not saved.
	if (document.querySelector("[role=alert]")) saved = null;
	form.addEventListener("submit", () => { saved = text.value; });
	addEventListener("keydown", event => {
		if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
		event.preventDefault();
		form.requestSubmit();
	});
	addEventListener("beforeunload", event => {
		if (text.value !== saved) event.preventDefault();
	});
}
