import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JavaProgram } from './jars';

/**
 * A program for `TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path } } })`.
 * The SDK starts and kills it; when the process that started it is gone, it ends by itself.
 */
export function writeTimeSkippingServer(folder: string, { java, classPath }: JavaProgram): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'time-skipping-server');
  writeFileSync(
    path,
    `#!/bin/sh
starter=$PPID
(while kill -0 $starter && kill -0 $$; do sleep 1; done; kill -9 $$) >/dev/null 2>&1 </dev/null &
exec ${quoted(java)} -Xmx256m -XX:TieredStopAtLevel=1 -cp ${quoted(classPath)} io.temporal.testserver.TestServer "$@"
`,
  );
  chmodSync(path, 0o755);
  return path;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
