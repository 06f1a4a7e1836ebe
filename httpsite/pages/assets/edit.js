// The editor: Ctrl+S saves, and leaving asks first if something would be lost.
"use strict";
{
	const form = document.querySelector(".editor");
	const text = form.elements.text;
	let saved = text.value;
	// What came back because it could not be stored is not saved.
	if (document.querySelector("[role=alert]")) saved = null;
	// What is sent without a session is lost with it: so a look first whether there is one.
	let looked = false;
	form.addEventListener("submit", async event => {
		if (looked) {
			saved = text.value;
			return;
		}
		event.preventDefault();
		const answer = await fetch(form.action, {method: "HEAD", headers: {Accept: "application/json"}}).catch(() => null);
		const ended = document.getElementById("ended");
		if (!answer || answer.status === 403) {
			ended.role = "alert";
			ended.hidden = false;
			return;
		}
		ended.hidden = looked = true;
		form.requestSubmit();
	});
	addEventListener("keydown", event => {
		if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
		event.preventDefault();
		form.requestSubmit();
	});
	addEventListener("beforeunload", event => {
		if (text.value !== saved) event.preventDefault();
	});
}
