// Before the first paint, so that a page never flashes in the other theme.
try {
  const theme = localStorage.getItem('plimsoll.theme');
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden: the system's theme it is.
}
