// sign-in.js - signing in and out against the API. The only script of the pages; everything else works without it.
'use strict';

// A session that is still open must be named with its token in a write, even in the one that replaces it.
async function csrfHeader() {
  const me = await fetch('/v1/me');
  if (!me.ok) return {};
  const { csrf_token: token } = await me.json();
  return token ? { 'X-CSRF-Token': token } : {};
}

async function signIn(event) {
  event.preventDefault();
  const form = event.target;
  const error = document.getElementById('sign-in-error');
  error.hidden = true;
  const answer = await fetch('/v1/sessions', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(await csrfHeader()) },
    body: JSON.stringify({ email: form.elements.email.value, password: form.elements.password.value }),
  });
  if (answer.ok) {
    if (location.pathname === '/plain/sign-in') location.assign(`/plain${location.search}`);
    else location.reload();
    return;
  }
  error.textContent = (await answer.json()).detail;
  error.hidden = false;
}

async function signOut() {
  await fetch('/v1/session', { method: 'DELETE', headers: await csrfHeader() });
  location.assign(`/plain${location.search}`);
}

document.getElementById('sign-in')?.addEventListener('submit', signIn);
const out = document.getElementById('sign-out');
if (out) {
  out.hidden = false;
  out.addEventListener('click', signOut);
}
