/** Loaded before a service of the demo: the parent can set its clock wrong. */
import { parentMessageSchema } from './messages.ts';

const rightMs = Date.now.bind(Date);
let skewMs = 0;
Date.now = () => rightMs() + skewMs;
process.on('message', (raw) => {
  skewMs = parentMessageSchema.safeParse(raw).data?.skewMs ?? skewMs;
});
