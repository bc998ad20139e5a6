// What has been fetched stays, by its address: the address is made of the contents.

const KEPT = 48;
const known = new Map();

export function fetched(url, kind) {
  const kept = known.get(url);
  known.delete(url);
  const answer = kept ?? ask(url, kind);
  known.set(url, answer); // the latest asked for is the last to go
  if (known.size > KEPT) known.delete(known.keys().next().value);
  return answer;
}

async function ask(url, kind) {
  try {
    const response = await fetch(new URL(url, document.baseURI));
    if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
    return kind === "json" ? await response.json() : await response.arrayBuffer();
  } catch (error) {
    known.delete(url);
    throw error;
  }
}

export async function codesOf(colouring) {
  const buffer = await fetched(colouring.codes, "bytes");
  return colouring.wide ? new Uint16Array(buffer) : new Uint8Array(buffer);
}

export function unpacked(buffer, n) {
  const bytes = new Uint8Array(buffer);
  const mask = new Uint8Array(n);
  for (let i = 0; i < n; i += 1) mask[i] = (bytes[i >> 3] >> (i & 7)) & 1;
  return mask;
}

export function packed(mask) {
  const bytes = new Uint8Array((mask.length + 7) >> 3);
  for (let i = 0; i < mask.length; i += 1) if (mask[i]) bytes[i >> 3] |= 1 << (i & 7);
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x2000) text += String.fromCharCode(...bytes.subarray(i, i + 0x2000));
  return btoa(text);
}

export function counted(mask) {
  let sum = 0;
  for (let i = 0; i < mask.length; i += 1) sum += mask[i];
  return sum;
}
