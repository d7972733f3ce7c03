// What Streamlit leaves out of the menu's links: which page is open, for those who do not see it, and the address of the
// first page, which it leaves empty, so that a new tab would show the page that one is on.
(() => {
  "use strict";
  const mend = () => {
    for (const link of document.querySelectorAll('.st-key-menu a[data-testid="stPageLink-NavLink"]')) {
      const address = link.getAttribute("href");
      if (address === "" || address.startsWith("?")) link.setAttribute("href", `./${address}`);
      const open = new URL(link.href).pathname === location.pathname;
      if (open && link.getAttribute("aria-current") !== "page") link.setAttribute("aria-current", "page");
      if (!open && link.hasAttribute("aria-current")) link.removeAttribute("aria-current");
    }
  };
  new MutationObserver(mend).observe(document.documentElement, {
    attributeFilter: ["href"], childList: true, subtree: true,
  });
})();
