// Conveniences only: every page works without this file. A picture as PNG, with its source line drawn in.
"use strict";
for (const link of document.querySelectorAll("a[data-picture]")) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.textContent = "PNG";
  button.setAttribute("aria-label", "PNG of " + link.closest("figure").querySelector("figcaption").firstElementChild.textContent);
  button.addEventListener("click", async () => {
    const text = await (await fetch(link.href)).text();
    const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    const image = new Image();
    image.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.width = image.naturalWidth;
      canvas.height = image.naturalHeight;
      canvas.getContext("2d").drawImage(image, 0, 0);
      URL.revokeObjectURL(address);
      canvas.toBlob((blob) => {
        const save = document.createElement("a");
        save.href = URL.createObjectURL(blob);
        save.download = "cloudhold-" + link.dataset.picture + ".png";
        save.click();
        URL.revokeObjectURL(save.href);
      });
    };
    image.src = address;
  });
  item.append(button);
  link.parentElement.after(item);
}
// The reference of a page, address and edition included, goes to the clipboard where the browser has one.
for (const words of navigator.clipboard ? document.querySelectorAll("[data-cite]") : []) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy the reference of this page");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(words.textContent);
    button.textContent = "Copied";
  });
  words.after(" ", button);
}
