// In place of react-custom-scrollbars-2, which esbuild can't import as @grafana/ui does. Nothing scrolls in a picture.
import { forwardRef } from 'react';

export default forwardRef(({ children }, ref) => <div ref={ref}>{children}</div>);
