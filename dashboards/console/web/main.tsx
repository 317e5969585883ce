import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from '#dashboards/console/web/app.tsx';
import '#dashboards/console/web/styles/tokens.css';
import '#dashboards/console/web/styles/base.css';
import '#dashboards/console/web/styles/frame.css';
import '#dashboards/console/web/styles/parts.css';

const place = document.querySelector('#console');
if (place === null) throw new Error('index.html has no #console');
createRoot(place).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
