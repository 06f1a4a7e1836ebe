// The links on the page: as the browser names the server, and with a button that copies.
"use strict";
for (const input of document.querySelectorAll("input[data-path]")) {
	const told = input.value;
	input.value = new URL(input.dataset.path, location.href).href;
	for (const mail of input.closest("section").querySelectorAll("a[href^='mailto:']")) {
		mail.href = mail.href.replace(encodeURIComponent(told).replaceAll("(", "%28").replaceAll(")", "%29"), encodeURIComponent(input.value));
	}
	input.addEventListener("focus", () => input.select());
}
for (const button of document.querySelectorAll("button[data-copy]")) {
	button.hidden = false;
	const label = button.querySelector("span"), text = label.textContent;
	button.addEventListener("click", async () => {
		const input = document.getElementById(button.dataset.copy);
		input.select();
		try {
			await navigator.clipboard.writeText(input.value);
		} catch {
			document.execCommand("copy"); // where there is no TLS
		}
		label.textContent = button.dataset.done;
		setTimeout(() => { label.textContent = text; }, 3000);
	});
}
