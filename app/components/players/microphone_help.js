// Finds out what keeps this browser from its microphone, without asking for it, and says so.
// data = { words: {insecure, old, none, denied} }

async function permission() {
  try {
    return await navigator.permissions.query({ name: "microphone" });
  } catch {
    return null; // a browser that does not tell
  }
}

async function trouble(granted) {
  if (!window.isSecureContext) return "insecure";
  if (!navigator.mediaDevices?.getUserMedia || !window.RTCPeerConnection) return "old";
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => null);
  if (devices && !devices.some((one) => one.kind === "audioinput")) return "none";
  return granted?.state === "denied" ? "denied" : "";
}

export default function ({ data, parentElement }) {
  const said = parentElement.querySelector(".trouble");
  let gone = false;
  let granted = null;
  const look = async () => {
    const found = await trouble(granted);
    if (gone) return;
    said.hidden = !found;
    said.dataset.trouble = found;
    if (said.textContent !== (data.words[found] ?? "")) said.textContent = data.words[found] ?? "";
  };
  navigator.mediaDevices?.addEventListener?.("devicechange", look);
  permission().then((status) => {
    granted = status;
    granted?.addEventListener("change", look);
    return look();
  });
  return () => {
    gone = true;
    navigator.mediaDevices?.removeEventListener?.("devicechange", look);
    granted?.removeEventListener("change", look);
  };
}
