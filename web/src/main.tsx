import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Root } from "./app/Root";

// After an upgrade of the gateway, an open page may request code that no longer exists.
window.addEventListener("vite:preloadError", (event) => {
  const last = Number(sessionStorage.getItem("reloadedAt") ?? 0);
  if (Date.now() - last < 10_000) return;
  sessionStorage.setItem("reloadedAt", String(Date.now()));
  event.preventDefault();
  location.reload();
});

const root = document.getElementById("root");
if (root === null) {
  throw new Error("index.html has no element #root");
}
createRoot(root).render(
  <StrictMode>
    <Root />
  </StrictMode>,
);
