// The one page.

import { readFileSync } from "node:fs";

export const STYLE = readFileSync(new URL("style.css", import.meta.url));

/** Everything that did not come out of this file goes through `text`: a handle is whatever its owner chose to call himself. */
export function page({ session, message, platforms }) {
  const { account, formToken } = session;
  const form = (content) => `<form method="post" action="/connect">
<input type="hidden" name="form_token" value="${text(formToken)}">
${content}
</form>`;
  const choices = [...platforms].map(
    ([platform, name]) => `<li><h2>${text(name)}</h2>${form(`<button name="platform" value="${text(platform)}">Verify with ${text(name)}</button>`)}</li>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Your case</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<main>
<h1>Your case</h1>
<p>Show us which account is yours. You log in at the platform itself, and we get no access to your account.</p>
${message === null ? "" : `<p class="message" role="status">${text(message)}</p>`}
${account === null ? "" : file(account, platforms.get(account.platform), form)}
<ul>
${choices.join("\n")}
</ul>
</main>
</body>
</html>`;
}

function file({ platform, platformId, handle, times }, name, form) {
  const shown = handle === "" ? "" : ` as <bdi>${text(handle)}</bdi>`;
  return `<section aria-label="Verified account">
<p data-account="${text(`${platform}:${platformId}`)}" data-times="${times}">Verified at ${text(name)}${shown}</p>
${form('<button name="again" value="yes">Confirm this account again</button>')}
</section>`;
}

function text(value) {
  return value.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
